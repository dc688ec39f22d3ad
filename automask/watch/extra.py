"""watchfiles, which is an extra."""

from __future__ import annotations

import sys
from importlib.util import find_spec

from automask.errors import InstallationError


def refuse_without_watchfiles() -> None:
    """Raises InstallationError with what to install."""
    if find_spec("watchfiles") is None:
        raise InstallationError(
            "automask watch needs watchfiles, which is not installed: "
            f"{sys.executable} -m pip install watchfiles"
        )
