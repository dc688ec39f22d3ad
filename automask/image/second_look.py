"""second_look: the model sees the chosen object once more, closer up."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from automask.config import RunConfig
from automask.image.choose import convinces, with_second_look
from automask.image.clock import Clock
from automask.image.closeup import Closeup, pasted
from automask.image.scorer import Linear
from automask.records import Choice, Proposal, ProposalSet, Proposer


@dataclass(frozen=True)
class Selection:
    """The object after the model has looked as often as it should."""

    found: ProposalSet  # what was chosen among: wholes in the place of their parts
    choice: Choice  # its index is into the proposals of `found`
    closeup: Closeup | None  # None: nothing was found
    seconds: dict[str, float]  # encode, decode, choose
    seen_iou: float | None = None  # what a second look that was believed predicts of its mask


def second_look(
    first: Selection,
    image: NDArray[np.uint8],
    proposer: Proposer,
    config: RunConfig,
    owner: AbstractContextManager[Any] | None = None,
    weights: Linear | None = None,
) -> Selection:
    """The object as the model sees it closer, if that has the evidence; if not, as it was."""
    if first.closeup is None or not first.closeup.mask.any():
        return first
    with owner or nullcontext():
        again = proposer.look_again(first.closeup.pixels, first.closeup.mask)
    clock = Clock()
    seen = again.proposals[0]
    second = replace(first.closeup, mask=seen.mask, soft=seen.soft)
    is_better = _is_better(first, seen, second, image, config, weights)
    seen_iou = seen.predicted_iou if is_better else None
    choice = with_second_look(first.choice, config.choose, seen_iou)
    closeup = second if is_better else first.closeup
    seconds = _sum(first.seconds, {**again.seconds, "choose": clock.lap()})
    return Selection(first.found, choice, closeup, seconds, seen_iou)


def _sum(seconds: dict[str, float], more: dict[str, float]) -> dict[str, float]:
    return {name: value + more.get(name, 0.0) for name, value in seconds.items()}


def _is_better(
    first: Selection,
    seen: Proposal,
    second: Closeup,
    image: NDArray[np.uint8],
    config: RunConfig,
    weights: Linear | None,
) -> bool:
    """Whether the second look has the evidence, judged at the size of the proposals."""
    index, proposals = first.choice.index, first.found.proposals
    assert index is not None
    judged = replace(seen, mask=pasted(second, image.shape, proposals[index].mask.shape))
    return convinces(judged, proposals, index, config.choose, first.found.scene, weights)
