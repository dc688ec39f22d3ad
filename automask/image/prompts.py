"""What a file says that the model is asked of a photograph, and the mask that comes of it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from automask.config import RunConfig
from automask.errors import ImageError
from automask.image.choose import flags_of
from automask.image.clock import Clock
from automask.image.closeup import Closeup, close_up
from automask.image.metrics import mask_iou
from automask.image.objects import label_objects
from automask.image.refine import refine
from automask.image.sizes import shrink
from automask.image.trimap import make_trimap
from automask.records import (
    NO_OBJECT,
    OK,
    Answerer,
    Choice,
    Mask,
    MaskResult,
    ObjectPrompt,
    Proposal,
    Status,
)

BEYOND = 0.1  # of a box's sides, that its object may reach further: detectors' boxes are rough


@dataclass(frozen=True)
class GivenPrompts:
    """All that is asked of one photograph."""

    objects: tuple[ObjectPrompt, ...]  # one for each object
    iterations: int = 1  # how often each is asked, each time with the mask before

    def to_text(self) -> str:
        """As jobs and records hold it: JSON, the same for the same prompts wherever they stood."""
        objects = [
            {"box": one.box_xyxy, "points": one.points, "is_relative": one.is_relative}
            for one in self.objects
        ]
        return json.dumps({"objects": objects, "iterations": self.iterations})


def from_text(text: str) -> GivenPrompts:
    """The prompts of `GivenPrompts.to_text`."""
    values = json.loads(text)
    return GivenPrompts(tuple(_object(one) for one in values["objects"]), values["iterations"])


def mask_by_prompts(
    image: NDArray[np.uint8],
    text: str,
    proposer: Answerer,
    config: RunConfig,
    owner: AbstractContextManager[Any] | None = None,
) -> MaskResult:
    """The objects that prompts ask for, of a photograph H x W x 3 uint8 RGB.

    Their union, and an id for each where several are wanted. Score and confidence are the mean of
    what the model predicts of its own masks: nothing was chosen. Raises ImageError for a prompt
    that lies outside the photograph.
    """
    given = from_text(text)
    height, width = image.shape[:2]
    asked = [relative(one, width, height) for one in given.objects]
    with owner or nullcontext():  # held while the model works, on a GPU
        found = proposer.answer(shrink(image, proposer.max_side), asked, given.iterations)

        closeups = [
            _seen(image, *pair, proposer, config)
            for pair in zip(found.proposals, asked, strict=True)
        ]

    clock = Clock()
    refined = (refine(one, image, proposer, config.refine, owner) for one in closeups)
    masks = (_within(mask, prompt.box_xyxy) for mask, prompt in zip(refined, asked, strict=True))
    labels = label_objects(masks, (height, width))
    mask = labels > 0
    trimap = make_trimap(mask, config.trimap.contour_px, config.trimap.values)
    seconds = {**found.seconds, "choose": 0.0, "refine": clock.lap()}

    sureness = float(np.mean([np.clip(one.predicted_iou, 0, 1) for one in found.proposals]))
    flags = flags_of(Choice(None, sureness, sureness), mask, config.choose)
    several = None if config.has_primary_object else labels
    status: Status = OK if mask.any() else NO_OBJECT
    return MaskResult(mask, trimap, status, sureness, sureness, flags, seconds, several)


def _seen(
    image: NDArray[np.uint8],
    proposal: Proposal,
    prompt: ObjectPrompt,
    proposer: Answerer,
    config: RunConfig,
) -> Closeup | None:
    """The object as the model sees it closer, if it is the same one still; None: nothing there."""
    mask = _within(proposal.mask, prompt.box_xyxy)
    if not mask.any():
        return None
    first = close_up(image, replace(proposal, mask=mask))
    if proposal.predicted_iou >= proposer.look_again_below or not first.mask.any():
        return first
    again = proposer.look_again(first.pixels, first.mask).proposals[0]
    is_same = mask_iou(again.mask, first.mask) >= config.choose.same_object_iou
    return replace(first, mask=again.mask) if is_same else first


def _within(mask: Mask, box_xyxy: tuple[float, float, float, float] | None) -> Mask:
    """A mask, H x W, without what lies far beyond the box, in fractions, that was asked for."""
    if box_xyxy is None:
        return mask
    height, width = mask.shape
    left, top, right, bottom = box_xyxy
    across, down = BEYOND * (right - left), BEYOND * (bottom - top)
    rows = slice(max(0, round((top - down) * height)), round((bottom + down) * height))
    columns = slice(max(0, round((left - across) * width)), round((right + across) * width))
    kept = np.zeros_like(mask)
    kept[rows, columns] = mask[rows, columns]
    return kept


def relative(prompt: ObjectPrompt, width: int, height: int) -> ObjectPrompt:
    """The same prompt in fractions of the photograph, its box cut to it.

    Raises ImageError for what lies outside.
    """
    if not prompt.is_relative:
        prompt = _scaled(prompt, 1 / width, 1 / height)
    if prompt.box_xyxy is not None:
        prompt = replace(prompt, box_xyxy=_cut(prompt))
    if any(not (0 <= x <= 1 and 0 <= y <= 1) for x, y, _ in prompt.points):
        raise ImageError(f"a point of its prompts lies outside of its {width} x {height} px")
    return prompt


def _scaled(prompt: ObjectPrompt, across: float, down: float) -> ObjectPrompt:
    points = tuple((x * across, y * down, is_on) for x, y, is_on in prompt.points)
    box = prompt.box_xyxy
    if box is not None:
        box = (box[0] * across, box[1] * down, box[2] * across, box[3] * down)
    return replace(prompt, points=points, box_xyxy=box, is_relative=True)


def _cut(prompt: ObjectPrompt) -> tuple[float, float, float, float]:
    assert prompt.box_xyxy is not None
    left, top, right, bottom = (min(1.0, max(0.0, value)) for value in prompt.box_xyxy)
    if left >= right or top >= bottom:
        raise ImageError("a box of its prompts lies outside of the photograph")
    return left, top, right, bottom


def _object(values: dict[str, Any]) -> ObjectPrompt:
    box: Sequence[float] | None = values["box"]
    points = tuple((x, y, bool(is_on)) for x, y, is_on in values["points"])
    corners = None if box is None else (box[0], box[1], box[2], box[3])
    return ObjectPrompt(points, corners, values["is_relative"])
