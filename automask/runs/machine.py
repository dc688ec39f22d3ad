"""What a run ran on: for `run.json`, so that a figure can be believed years later."""

from __future__ import annotations

import re
import socket
import sys
from datetime import datetime, timezone
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from automask import __version__
from automask.system.cores import available_cores
from automask.system.processor import cpu_name

PACKAGES = (
    "torchvision",
    "segment-anything",
    "sam2",
    "opencv-python-headless",
    "numpy",
    "pillow",
    "joblib",
)


def describe_machine(device: str) -> dict[str, Any]:
    """Time, versions, host, processor and the device that computes, ready for JSON."""
    return {
        "started_at": datetime.now(timezone.utc).isoformat(timespec="seconds"),
        "versions": {
            "python": sys.version.split()[0],
            "automask": __version__,
            "torch": _torch_version(),
            **{package: _version(package) for package in PACKAGES},
        },
        "host": socket.gethostname(),
        "cpu": cpu_name(),
        "device": device,
        "device_name": _device_name(device),
        "cores": available_cores(),
    }


def _device_name(device: str) -> str:
    """Torch, which takes seconds to load, knows the name of a GPU alone."""
    if device == "cpu":
        return cpu_name()
    import torch

    from automask.sam.device import device_name

    return device_name(torch.device(device))


def _torch_version() -> str | None:
    """With its build, +cpu or +cu..., which the package's metadata leaves out."""
    spec = find_spec("torch")
    file = Path(spec.origin).with_name("version.py") if spec and spec.origin else None
    text = file.read_text(errors="replace") if file is not None and file.is_file() else ""
    found = re.search(r"^__version__ = ['\"](.+)['\"]", text, re.MULTILINE)
    return found[1] if found else _version("torch")


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None
