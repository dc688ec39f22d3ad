"""The generators of `automask bench --generators`, by name."""

from __future__ import annotations

from typing import Any

# Fields of a RunConfig; a row for each generator, from the slowest to a run's default.
GENERATORS: dict[str, dict[str, Any]] = {
    "stock": {"generator": "stock"},
    "exact": {"points": "full", "precision": "float32"},
    "full": {"points": "full"},
    "fast": {},
}
