"""One float32 copy of a run's weights, which all its workers map. Imports no torch: the parent of
the workers starts in a second, and holds no library that it does not use.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import load_file, save_file

from automask.errors import WeightsError
from automask.sam.weights import Weights, metadata
from automask.system.scratch import no_room

BFLOAT16 = "BF16"  # the one dtype of a checkpoint that numpy does not know


def share(weights: Weights, folder: Path) -> Path:
    """A file that many processes can map as float32: the original, or a copy of a smaller dtype.

    The bundled weights are stored in half precision; were each worker to widen its own, each would
    hold a private copy. Raises WeightsError where the file cannot be read, WorkersError where the
    folder has no room for the copy.
    """
    if weights.file.suffix != ".safetensors" or BFLOAT16 in _dtypes(weights.file):
        return weights.file
    copy = folder / weights.file.name
    wide = {
        name: value.astype(np.float32) if np.issubdtype(value.dtype, np.floating) else value
        for name, value in load_file(weights.file).items()
    }
    try:
        save_file(wide, copy, metadata(weights.file))
    except (SafetensorError, OSError) as error:
        raise no_room(error) from error
    return copy


def _dtypes(file: Path) -> set[str]:
    try:
        with safe_open(file, framework="numpy") as tensors:
            return {tensors.get_slice(name).get_dtype() for name in tensors.keys()}  # noqa: SIM118
    except (SafetensorError, OSError) as error:
        raise WeightsError(f"{file} is not a readable safetensors file: {error}") from error
