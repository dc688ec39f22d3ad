"""The packages of a server, which are an extra."""

from __future__ import annotations

import sys
from importlib import import_module

from automask.errors import InstallationError

PACKAGES = ("fastapi", "uvicorn")


def refuse_without_server(extra: str, who: str, also: tuple[str, ...] = ()) -> None:
    """Raises InstallationError with what to install, where the packages of a server are missing.

    also: modules that this one needs beside them.
    """
    for package in (*PACKAGES, *also):
        try:
            import_module(package)
        except ModuleNotFoundError as error:
            raise InstallationError(
                f"{who} needs {package}, which is not installed: {sys.executable} -m pip install "
                f"'automask[{extra}]'"
            ) from error
