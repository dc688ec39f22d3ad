"""What the names of `automask bench --generators` mean. Imports nothing: the help lists them."""

from __future__ import annotations

from typing import Any

# Fields of a RunConfig; a row for each way of masking that is worth a comparison,
# from the slowest to what a run does by itself.
GENERATORS: dict[str, dict[str, Any]] = {
    "stock": {"generator": "stock"},
    "exact": {"points": "full", "precision": "float32"},
    "full": {"points": "full"},
    "fast": {},
}
