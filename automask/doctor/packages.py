"""Python and the packages: versions, and those that do not go together."""

from __future__ import annotations

import sys
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version

from automask.doctor.finding import FAULT, OK, WARNING, Finding
from automask.errors import InstallationError

Version = Callable[[str], str | None]

# Each extra: a package of it, and what it is for.
EXTRAS = {
    "sam2": ("sam2", "SAM 2 models"),
    "dask": ("distributed", "--scheduler"),
    "table": ("pyarrow", "Parquet"),
    "export": ("pycocotools", "export"),
    "watch": ("watchfiles", "watch"),
    "serve": ("fastapi", "serve"),
}
# Both bring the folder cv2, and whichever was installed last wins.
HEADLESS = "opencv-python-headless"
OPENCV = ("opencv-python", "opencv-contrib-python", "opencv-contrib-python-headless")


def installed(package: str) -> str | None:
    """The version of a package; None where it is not installed."""
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def check_python() -> Finding:
    """The Python that runs, and where it lies."""
    where = f"Python {sys.version.split()[0]}, {sys.executable}"
    return Finding("python", OK, where)


def check_torch() -> Finding:
    """Whether torch and torchvision were built for each other: only an import shows it."""
    try:
        import automask.sam.build  # noqa: F401  it says what is wrong in one sentence
    except InstallationError as error:
        return Finding("torch", FAULT, *_split(str(error)))
    except ImportError as error:
        remedy = f"{sys.executable} -m pip install --force-reinstall torch torchvision"
        return Finding("torch", FAULT, f"cannot be imported: {error}", remedy)
    import torch

    beside = installed("torchvision")
    return Finding("torch", OK, f"torch {torch.__version__}, torchvision {beside}")


def check_opencv(version_of: Version = installed) -> Finding:
    """Whether two packages overwrite each other in the folder of cv2."""
    others = [package for package in OPENCV if version_of(package)]
    if not others:
        return Finding(
            "opencv", OK, f"opencv-python-headless {installed('opencv-python-headless')}"
        )
    both = ", ".join(others)
    return Finding(
        "opencv",
        WARNING,
        f"{both} lies in the same folder as {HEADLESS}",
        f"pip uninstall {' '.join(others)}, then pip install --force-reinstall "
        "opencv-python-headless; or an environment of its own for automask",
    )


def check_extras(version_of: Version = installed) -> Finding:
    """Which optional packages are here. None is missed until a command asks for it."""
    have = [extra for extra, (package, _) in EXTRAS.items() if version_of(package)]
    missing = [f"{e} ({use})" for e, (_, use) in EXTRAS.items() if e not in have]
    here = ", ".join(have) or "none"
    absent = f"; not installed: {', '.join(missing)}" if missing else ""
    return Finding("extras", OK, here + absent)


def _split(message: str) -> tuple[str, str]:
    """An error's sentence and its remedy, which stands after the last semicolon."""
    what, _, remedy = message.rpartition("; ")
    return what, remedy
