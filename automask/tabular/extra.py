"""Libraries that only some commands need, and that are not always installed."""

from __future__ import annotations

import sys
from importlib import import_module
from typing import Any

from automask.errors import InstallationError


def needed(library: str, who: str) -> Any:
    """A library of the extra `table`. Raises InstallationError with what to install."""
    package = library.partition(".")[0]
    try:
        return import_module(library)
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] != package:
            raise
        raise InstallationError(
            f"{who} needs {package}, which is not installed: {sys.executable} -m pip install "
            f"{package}"
        ) from error
