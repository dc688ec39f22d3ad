"""Random weights in place of a missing checkpoint: for timing only, never for masks.

The time of a mask generator depends on the number of masks that pass its filters, and with random
predicted IoUs all would pass, or none. So the threshold is set such that a fixed share passes.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from automask.bench.variants import RandomWeights
from automask.config import ProposeConfig
from automask.image.load import load
from automask.image.sizes import shrink
from automask.records import Job
from automask.sam.build import build  # first, because it explains a broken torch installation
from automask.sam.checkpoints import BY_NAME, Checkpoint
from automask.sam.extra import refuse_without_package
from automask.sam.predictor import Prompter
from automask.sam.tiny import build_tiny
from automask.sam.weights import locate

import torch  # isort: skip
from safetensors.torch import save_file  # isort: skip
from segment_anything import sam_model_registry  # isort: skip

# Of the masks of all points. An assumption: with trained weights the share differs between
# photographs.
PASSING_PERCENT = 15
CALIBRATION_IMAGES = 4  # not one alone: random scores differ more between photographs
POINTS_PER_SIDE = 4  # on each of them


def make_random_weights(
    model: str, folder: Path, images: Path, jobs: Sequence[Job]
) -> RandomWeights:
    """Write random weights of a model's architecture, the same every time.

    Args:
        model: A name of `automask models`.
        folder: Where the file goes.
        images: The folder of photographs to be masked.
        jobs: These photographs.

    Returns:
        The file, and the threshold that goes with it.
    """
    checkpoint = BY_NAME[model]
    torch.manual_seed(0)
    untrained = _untrained(checkpoint)
    _raise_scores(untrained)
    file = folder / f"{model}-random.safetensors"
    state = {name: tensor.contiguous() for name, tensor in untrained.state_dict().items()}
    save_file(state, file, {"arch": model})
    threshold = score_threshold(Prompter(build(locate(str(file)))), checkpoint, images, jobs)
    return RandomWeights(file, {"pred_iou_thresh": threshold, "stability_score_thresh": 0.0})


def score_threshold(
    prompter: Prompter, checkpoint: Checkpoint, images: Path, jobs: Sequence[Job]
) -> float:
    """The predicted IoU that PASSING_PERCENT of the masks of a point grid reach."""
    max_side = ProposeConfig().max_side or checkpoint.max_side
    some = jobs[:: max(1, len(jobs) // CALIBRATION_IMAGES)][:CALIBRATION_IMAGES]
    scores = [_scores(prompter, shrink(load(images / job.image), max_side)) for job in some]
    return float(np.percentile(np.concatenate(scores), 100 - PASSING_PERCENT))


def _scores(prompter: Prompter, image: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Predicted IoU of the three masks of each point of a grid, on an H x W x 3 uint8 RGB image."""
    prompter.look_at(image)
    height, width = image.shape[:2]
    middles = (np.arange(POINTS_PER_SIDE) + 0.5) / POINTS_PER_SIDE
    points = product(middles * width, middles * height)
    return np.concatenate([prompter.by_point(float(x), float(y))[1] for x, y in points])


def _untrained(checkpoint: Checkpoint) -> Any:
    if checkpoint.family == "tiny":
        return build_tiny()
    if checkpoint.family == "sam":
        return sam_model_registry[checkpoint.arch]()
    refuse_without_package(checkpoint)
    from sam2.build_sam import build_sam2

    return build_sam2(f"configs/{checkpoint.arch}.yaml", device="cpu")


def _raise_scores(model: Any) -> None:
    """Add 1 to the bias of the score's last layer: SAM's filter is off at a threshold of 0."""
    decoder = model.mask_decoder if hasattr(model, "mask_decoder") else model.sam_mask_decoder
    with torch.no_grad():
        decoder.iou_prediction_head.layers[-1].bias += 1
