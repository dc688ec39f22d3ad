"""Settings that belong together, by a name: below the settings file and the flags."""

from __future__ import annotations

from difflib import get_close_matches
from typing import Any

from automask.errors import ConfigError

PRESETS: dict[str, dict[str, Any]] = {
    # Many objects much smaller than what a model was trained on: crops are prompted, too.
    # Measured on drawn drops, see docs/objects.md.
    "small-objects": {
        "objects": {"wanted": "all"},
        "propose": {"max_side": 1200, "settings": {"points_per_side": 16, "crop_n_layers": 2}},
    },
}


def preset(name: str | None) -> dict[str, Any]:
    """The settings of a preset; none without a name. Raises ConfigError for one that is none."""
    if name is None:
        return {}
    if name not in PRESETS:
        close = get_close_matches(name, PRESETS, 1)
        hint = f"did you mean {close[0]}?" if close else f"known: {', '.join(PRESETS)}"
        raise ConfigError(f"--preset: {name!r} is unknown ({hint})")
    return PRESETS[name]
