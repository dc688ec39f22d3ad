"""Figures on held-out photographs while training runs: each mask before and after."""

from __future__ import annotations

import copy

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from automask.image.metrics import boundary_f, mask_iou
from automask.refiner_training.coarsen import coarsened
from automask.refiner_training.sources import Source
from automask.sam.outline import Outline
from automask.sam.refiner import Refiner

Mask = NDArray[np.bool_]


def validate(net: Refiner, held_out: list[Source]) -> dict[str, float]:
    """Mean IoU and outline F (2 px at 512) before and after, of models' masks where there are any
    and of coarsened ones; of good masks (IoU above 0.97) how many fall by more than 0.002.
    """
    outline = Outline(copy.deepcopy(net), torch.device("cpu"), torch.float32)
    rows = np.array([_figures(outline, source, i) for i, source in enumerate(held_out)])
    names = ("iou_before", "iou_after", "f_before", "f_after")
    return {**dict(zip(names, rows[:, :4].mean(0), strict=True)), "good_fallen": rows[:, 4].mean()}


def _figures(outline: Outline, source: Source, number: int) -> tuple[float, ...]:
    sample, rng = source.read(), np.random.default_rng([1, number])
    truth = sample.truth > 127
    given = sample.predicted
    coarse = (
        coarsened(truth.astype(np.float32), rng)
        if given is None
        else np.asarray(given, np.float32) / np.float32(255)
    )
    after = outline(sample.image, coarse) > 0.5
    good = _good(truth, rng)
    kept = mask_iou(outline(sample.image, good) > 0.5, truth)
    return (
        *(f(m, truth) for f in (mask_iou, boundary_f) for m in (coarse > 0.5, after)),
        float(mask_iou(good, truth) > 0.97 and kept < mask_iou(good, truth) - 0.002),
    )


def _good(truth: Mask, rng: np.random.Generator) -> Mask:
    """A mask that is as good as a mask gets, but for a cell of two pixels."""
    height, width = truth.shape
    small = cv2.resize(truth.astype(np.float32), (width // 2, height // 2), None, 0, 0, 3)
    return np.asarray(cv2.resize(small, (width, height)) + rng.normal(0, 1e-3) > 0.5)
