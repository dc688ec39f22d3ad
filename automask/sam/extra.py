"""The SAM 2 package, which is an extra. Imports neither it nor torch."""

from __future__ import annotations

import sys
from importlib.util import find_spec

from automask.errors import InstallationError
from automask.sam.checkpoints import Checkpoint

SAM2 = "sam2==1.1.0"  # as pyproject.toml has it


def refuse_without_package(checkpoint: Checkpoint) -> None:
    """Raises InstallationError where a checkpoint's architecture is not installed.

    sam2 is a source distribution. pip builds it in a fresh environment, for which it downloads
    torch once more; --no-build-isolation takes the torch that is here.
    """
    if checkpoint.family in ("tiny", "sam") or find_spec("sam2") is not None:
        return
    raise InstallationError(
        f"{checkpoint.name} needs the package sam2, which is not installed:\n"
        f"  {sys.executable} -m pip install setuptools wheel\n"
        f"  SAM2_BUILD_CUDA=0 {sys.executable} -m pip install --no-build-isolation {SAM2}"
    )
