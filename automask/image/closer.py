"""closer: from what a model found to the one object, looked at as often as it should be."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from automask.config import RunConfig
from automask.image.choose import choose, convinces, with_second_look
from automask.image.clock import Clock
from automask.image.closeup import Closeup, close_up, pasted
from automask.image.evidence import evidence
from automask.image.merge import merged
from automask.image.scorer import Linear
from automask.records import Choice, Mask, Proposal, ProposalSet


class Proposer(Protocol):
    """What `sam/` gives to this side: masks for an image, with the seconds they took."""

    max_side: int  # longest side of the image it wants, px; 0: any
    mask_side: int  # logits on the longest side of the masks it makes
    look_again_below: float  # confidence below which a second look pays

    def propose(self, image_rgb: NDArray[np.uint8]) -> ProposalSet: ...

    def look_again(self, image_rgb: NDArray[np.uint8], mask: Mask) -> ProposalSet: ...


@dataclass(frozen=True)
class Selection:
    """The object after the model has looked as often as it should."""

    found: ProposalSet  # what was chosen among: wholes in the place of their parts
    choice: Choice  # its index is into the proposals of `found`
    closeup: Closeup | None  # None: nothing was found
    seconds: dict[str, float]  # encode, decode, choose
    seen_iou: float | None = None  # what a second look that was believed predicts of its mask


def look_closer(
    image: NDArray[np.uint8],
    found: ProposalSet,
    proposer: Proposer,
    config: RunConfig,
    owner: AbstractContextManager[Any] | None = None,
    weights: Linear | None = None,
) -> Selection:
    """Merges, chooses the object and, where that is not sure enough, has the model look again.

    owner: held while the model works. weights: of the evidence; None: those that the config asks
    for.
    """
    once = look_once(image, found, config, weights)
    if once.choice.confidence >= proposer.look_again_below:
        return once
    return look_again(once, image, proposer, config, owner, weights)


def look_once(
    image: NDArray[np.uint8], found: ProposalSet, config: RunConfig, weights: Linear | None = None
) -> Selection:
    """The object as it was found at first."""
    clock = Clock()
    table = evidence(found.proposals, found.scene)
    wholes = merged(found.proposals, found.scene, config.choose, weights, table)
    is_known = len(wholes) == len(found.proposals)  # nothing was merged
    choice = choose(wholes, config.choose, found.scene, weights, table if is_known else None)
    closeup = None if choice.index is None else close_up(image, wholes[choice.index])
    seconds = {**found.seconds, "choose": clock.lap()}
    return Selection(replace(found, proposals=wholes), choice, closeup, seconds)


def look_again(
    once: Selection,
    image: NDArray[np.uint8],
    proposer: Proposer,
    config: RunConfig,
    owner: AbstractContextManager[Any] | None = None,
    weights: Linear | None = None,
) -> Selection:
    """The object as the model sees it closer, if that has the evidence; if not, as it was."""
    if once.closeup is None or not once.closeup.mask.any():
        return once
    with owner or nullcontext():
        again = proposer.look_again(once.closeup.pixels, once.closeup.mask)
    clock = Clock()
    seen = again.proposals[0]
    second = replace(once.closeup, mask=seen.mask)
    is_better = _is_better(once, seen, second, image, config, weights)
    seen_iou = seen.predicted_iou if is_better else None
    choice = with_second_look(once.choice, config.choose, seen_iou)
    closeup = second if is_better else once.closeup
    seconds = _sum(once.seconds, {**again.seconds, "choose": clock.lap()})
    return Selection(once.found, choice, closeup, seconds, seen_iou)


def _sum(seconds: dict[str, float], more: dict[str, float]) -> dict[str, float]:
    return {name: value + more.get(name, 0.0) for name, value in seconds.items()}


def _is_better(
    once: Selection,
    seen: Proposal,
    second: Closeup,
    image: NDArray[np.uint8],
    config: RunConfig,
    weights: Linear | None,
) -> bool:
    """Whether the second look has the evidence, judged at the size of the proposals."""
    index, proposals = once.choice.index, once.found.proposals
    assert index is not None
    judged = replace(seen, mask=pasted(second, image.shape, proposals[index].mask.shape))
    return convinces(judged, proposals, index, config.choose, once.found.scene, weights)
