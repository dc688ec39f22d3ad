"""The graphics processor, its driver, and whether this torch can use it."""

from __future__ import annotations

import shutil
import subprocess

from automask.doctor.finding import FAULT, OK, WARNING, Finding

QUERY = ("--query-gpu=name,driver_version,memory.total,memory.used", "--format=csv,noheader")
ASK_SECONDS = 20  # a driver in trouble answers late, or never


def check_gpu() -> Finding:
    """Whether torch can use the GPU, and computes right on it."""
    import torch

    driver = _driver()
    if torch.cuda.is_available():
        return _usable(driver)
    if torch.backends.mps.is_available():
        return Finding("gpu", OK, "Apple's, with --device mps")
    if driver is None:
        return Finding("gpu", OK, "none; masks on the processor")
    return _unusable(driver, torch.version.cuda)


def _unusable(driver: str, built_for: str | None) -> Finding:
    text = f"{driver}, but this torch cannot use it"
    if built_for is None:
        return Finding(
            "gpu",
            WARNING,
            f"{text}: it is built for the processor alone",
            "install a torch with CUDA, and the torchvision of the same place",
        )
    return Finding(
        "gpu",
        WARNING,
        f"{text} (built for CUDA {built_for})",
        "a newer driver, or a torch built for an older CUDA; in a container: is the GPU passed in?",
    )


def _usable(driver: str | None) -> Finding:
    """Seeing a GPU is not enough: a matrix multiplication shows whether torch has code for it."""
    import torch

    name = torch.cuda.get_device_name(0)
    try:
        product = torch.ones(64, 64, device="cuda:0") @ torch.ones(64, 64, device="cuda:0")
        is_right = float(product.sum()) == 64.0**3
    except RuntimeError as error:
        what = str(error).partition("\n")[0]
        return Finding(
            "gpu",
            FAULT,
            f"{name}: {what}",
            "a torch built for this GPU; nvidia-smi shows whether it is well",
        )
    if not is_right:
        return Finding("gpu", FAULT, f"{name} computes a wrong product", "another GPU")
    count = torch.cuda.device_count()
    more = f", and {count - 1} more" if count > 1 else ""
    return Finding("gpu", OK, f"{driver or name}{more}; torch for CUDA {torch.version.cuda}")


def _driver() -> str | None:
    """What nvidia-smi says of the first GPU; None where there is none, or no driver."""
    program = shutil.which("nvidia-smi")
    if program is None:
        return None
    try:
        listed = subprocess.run(
            [program, *QUERY], capture_output=True, text=True, timeout=ASK_SECONDS, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return None
    lines = listed.stdout.splitlines()
    if not lines:
        return None
    name, driver, total, used = (part.strip() for part in lines[0].split(","))
    return f"{name}, driver {driver}, {used} of {total} in use"
