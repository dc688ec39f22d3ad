"""The packages of a server, which are an extra."""

from __future__ import annotations

import sys
from importlib import import_module

from automask.errors import InstallationError

PACKAGES = ("fastapi", "uvicorn")


def refuse_without_server(extra: str, who: str) -> None:
    """Raises InstallationError with what to install, where the packages of a server are missing."""
    for package in PACKAGES:
        try:
            import_module(package)
        except ModuleNotFoundError as error:
            raise InstallationError(
                f"{who} needs {package}, which is not installed: {sys.executable} -m pip install "
                f"'automask[{extra}]'"
            ) from error
