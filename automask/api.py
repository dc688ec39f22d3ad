"""The Python interface to one photograph."""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from automask.config import RunConfig, load_config
from automask.errors import UsageError
from automask.image.pipeline import mask_image as mask_with
from automask.records import MaskResult, Proposer


def mask_image(
    image_rgb: NDArray[np.uint8], model: str = "tiny", device: str = "auto", **settings: Any
) -> MaskResult:
    """The primary object of one photograph.

    The model stays loaded between calls. With `objects={"wanted": "all"}`, mask and trimap are of
    all objects, and `labels` has an id for each.

    Args:
        image_rgb: H x W x 3 uint8, RGB.
        model: A name from `automask models`, or a checkpoint's path together with `arch`.
        device: auto, cpu, cuda, cuda:N or mps.
        **settings: Any setting of a run that shapes a mask, nested ones as a dict:
            `trimap={"contour_px": 3}`.

    Returns:
        Mask, trimap, confidence, flags and seconds.

    Raises:
        UsageError: `image_rgb` has another shape or dtype.
        ConfigError: A setting does not exist or is out of range.
        WeightsError: The checkpoint is missing or not verified.
        DeviceError: The device is not there.
    """
    shape: tuple[int, ...] = getattr(image_rgb, "shape", ())
    dtype = getattr(image_rgb, "dtype", None)
    if len(shape) != 3 or shape[2] != 3 or dtype != np.uint8:
        what = f"{shape} {dtype}" if shape else type(image_rgb).__name__
        raise UsageError(f"image_rgb must be an array H x W x 3 uint8, not {what}")
    given = {"input": Path(), "output": Path(), "model": model, "device": device, **settings}
    config = load_config(None, given)
    return mask_with(image_rgb, proposer_for(config), config)


def proposer_for(config: RunConfig) -> Proposer:
    """The proposer that a config asks for; the last few stay loaded."""
    values = config.model_dump(mode="json", include=_PROPOSER_FIELDS)
    return _proposer(json.dumps(values, sort_keys=True))


_PROPOSER_FIELDS = {
    "input", "output", "model", "arch", "weights", "device", "generator", "points", "precision",
    "propose", "choose", "second_look", "objects", "refine",
}  # fmt: skip


@lru_cache(maxsize=2)
def _proposer(config_json: str) -> Proposer:
    from automask.proposer import load_proposer
    from automask.sam.device import resolve_device
    from automask.sam.weights import locate

    config = RunConfig.model_validate(json.loads(config_json))
    weights = locate(config.model, config.arch, config.weights)
    return load_proposer(weights, config, str(resolve_device(config.device)))
