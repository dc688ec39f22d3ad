"""Libraries that only some commands need, and that are not always installed."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from automask.errors import InstallationError


def needed(library: str, who: str, extra: str = "table") -> Any:
    """A library of an extra of automask. Raises InstallationError with what to install."""
    package = library.partition(".")[0]
    try:
        return import_module(library)
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] != package:
            raise
        raise InstallationError(
            f"{who} needs {package}, which is not installed: "
            f'python -m pip install "automask[{extra}]", or {package} alone'
        ) from error
