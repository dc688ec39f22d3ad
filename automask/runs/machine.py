"""What a run ran on: for `run.json`, so that a figure can be believed years later."""

from __future__ import annotations

import socket
import sys
from datetime import datetime, timezone
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from automask.system.cores import available_cores

PACKAGES = (
    "automask",
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
    import torch

    from automask.sam.device import cpu_name, device_name

    return {
        "started_at": datetime.now(timezone.utc).isoformat(timespec="seconds"),
        "versions": {
            "python": sys.version.split()[0],
            "torch": torch.__version__,  # with the build, +cpu or +cu..., unlike its metadata
            **{package: _version(package) for package in PACKAGES},
        },
        "host": socket.gethostname(),
        "cpu": cpu_name(),
        "device": device,
        "device_name": device_name(torch.device(device)),
        "cores": available_cores(),
    }


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None
