"""`run.json`: with what settings, by what, and on what machine an output was made."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from automask.config import MAX_PIXELS
from automask.errors import UsageError, reraise_oserror
from automask.system.files import write_atomic

RUN_JSON = "run.json"


def read_run_json(output: Path) -> dict[str, Any]:
    """What `run.json` says of the last run into an output folder.

    Returns:
        Its values; empty where there is no such file, or it is no JSON object.

    Raises:
        UsageError: The file is there but cannot be read.
    """
    file = output / RUN_JSON
    try:
        with reraise_oserror(UsageError, f"cannot read {file}"):
            text = file.read_bytes() if file.exists() else b"{}"
        described = json.loads(text)
    except ValueError:  # no UTF-8, no JSON
        return {}
    return described if isinstance(described, dict) else {}


def write_run_json(output: Path, described: Mapping[str, Any]) -> None:
    """Writes `run.json`, whole or not at all. Raises OSError."""
    write_atomic(output / RUN_JSON, json.dumps(described, indent=2).encode())


def setting(described: Mapping[str, Any], *names: str) -> Any:
    """A value by its path, such as ("config", "trimap"); None where it is not there."""
    value: Any = described
    for name in names:
        value = value.get(name) if isinstance(value, Mapping) else None
    return value


def input_folder(described: Mapping[str, Any]) -> Path | None:
    """The folder of the photographs as the run was given it; it may be gone."""
    folder = setting(described, "config", "input")
    return Path(folder) if isinstance(folder, str) else None


def max_pixels(described: Mapping[str, Any]) -> int:
    """The most pixels that a photograph of the run may have, and so its results."""
    most = setting(described, "config", "load", "max_pixels")
    return most if isinstance(most, int) and most > 0 else MAX_PIXELS


def mask_settings(described: Mapping[str, Any]) -> dict[str, Any] | None:
    """The settings that shape a mask; None where no run is described."""
    settings = described.get("mask_settings")
    return settings if isinstance(settings, dict) else None
