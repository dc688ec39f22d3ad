"""automask: masks every photograph of a folder, unattended.

The names below load what they need when they are first used; `import automask` loads nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.2.0"  # the one place: pyproject.toml and the docs read it

if TYPE_CHECKING:
    from automask.api import mask_image as mask_image
    from automask.config import RunConfig as RunConfig
    from automask.image.trimap import make_trimap as make_trimap
    from automask.records import MaskResult as MaskResult
    from automask.runs.runner import run as run
    from automask.runs.summary import RunSummary as RunSummary
    from automask.sam.build import load_model as load_model
    from automask.sam.generator import make_generator as make_generator
    from automask.tabular.frame import load_records as load_records

_HOMES = {
    "mask_image": "automask.api",
    "RunConfig": "automask.config",
    "make_trimap": "automask.image.trimap",
    "load_records": "automask.tabular.frame",
    "MaskResult": "automask.records",
    "RunSummary": "automask.runs.summary",
    "run": "automask.runs.runner",
    "load_model": "automask.sam.build",
    "make_generator": "automask.sam.generator",
}

__all__ = [*_HOMES]  # noqa: PLE0604


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'automask' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    """So that completion shows the public names, which are not loaded yet."""
    return sorted({*globals(), *_HOMES})
