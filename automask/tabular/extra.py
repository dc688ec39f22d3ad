"""Optional libraries that only some commands need."""

from __future__ import annotations

import sys
from importlib import import_module
from typing import Any

from automask.errors import InstallationError


def require(library: str, who: str) -> Any:
    """Import a library of the extra `table`; InstallationError says what to install."""
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
