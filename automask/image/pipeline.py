"""The way of one image: propose, merge, choose, crop, second look, refine, trimap."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from automask.config import RunConfig
from automask.image.choose import choose, flags_of
from automask.image.clock import Clock
from automask.image.closeup import close_up
from automask.image.evidence import evidence
from automask.image.merge import merged
from automask.image.objects import Pieces, label_pieces, most, pick_objects, quality
from automask.image.pieces import in_pieces
from automask.image.refine import refine
from automask.image.scorer import Linear
from automask.image.second_look import Selection, second_look
from automask.image.sizes import shrink
from automask.image.trimap import make_trimap
from automask.records import NO_OBJECT, OK, Choice, MaskResult, ProposalSet, Proposer, Status

Owner = AbstractContextManager[Any]  # held while the model works, on a GPU


def mask_image(
    image: NDArray[np.uint8], proposer: Proposer, config: RunConfig, owner: Owner | None = None
) -> MaskResult:
    """The mask and trimap of the primary object of one photograph (H x W x 3 uint8 RGB)."""
    with owner or nullcontext():
        found = proposer.propose(shrink(image, proposer.max_side))
    if not config.has_primary_object:
        return _mask_objects(image, found, proposer, config, owner)
    selection = locate(image, found, proposer, config, owner)

    clock = Clock()
    mask = refine(selection.closeup, image, proposer, config.refine, owner)
    trimap = make_trimap(mask, config.trimap.contour_px, config.trimap.values)
    seconds = {**selection.seconds, "refine": clock.lap()}

    choice = selection.choice
    status: Status = OK if mask.any() else NO_OBJECT
    flags = flags_of(choice, mask, config.choose)
    return MaskResult(
        mask, trimap, status, choice.score, choice.confidence, flags, seconds,
        probability=found.probability,
    )  # fmt: skip


def locate(
    image: NDArray[np.uint8],
    found: ProposalSet,
    proposer: Proposer,
    config: RunConfig,
    owner: Owner | None = None,
    weights: Linear | None = None,
) -> Selection:
    """The primary object among the proposals of a photograph (H x W x 3 uint8 RGB).

    Args:
        image: the photograph.
        found: what the model proposes.
        proposer: looks again where the choice is not sure enough.
        config: settings of the run.
        owner: held while the model works.
        weights: of the evidence; None: those that the settings name.
    """
    if found.choice is not None:
        return _as_chosen(image, found, found.choice)
    clock = Clock()
    table = evidence(found.proposals, found.scene)
    wholes = merged(found.proposals, found.scene, config.choose, weights, table)
    is_unmerged = len(wholes) == len(found.proposals)  # the evidence is known already
    choice = choose(wholes, config.choose, found.scene, weights, table if is_unmerged else None)
    closeup = None if choice.index is None else close_up(image, wholes[choice.index])
    seconds = {**found.seconds, "choose": clock.lap()}

    selection = Selection(replace(found, proposals=wholes), choice, closeup, seconds)
    if choice.confidence >= proposer.look_again_below:
        return selection
    return second_look(selection, image, proposer, config, owner, weights)


def _as_chosen(image: NDArray[np.uint8], found: ProposalSet, choice: Choice) -> Selection:
    """The object that the proposer itself has chosen: a student knows nothing else."""
    clock = Clock()
    closeup = None if choice.index is None else close_up(image, found.proposals[choice.index])
    return Selection(found, choice, closeup, {**found.seconds, "choose": clock.lap()})


def _mask_objects(
    image: NDArray[np.uint8],
    found: ProposalSet,
    proposer: Proposer,
    config: RunConfig,
    owner: Owner | None = None,
) -> MaskResult:
    """All objects of a photograph; mask and trimap are of their union.

    Score and confidence are the mean quality of the objects: nobody has fitted a better one.
    """
    clock = Clock()
    proposals = in_pieces(found.proposals) if config.objects.split else found.proposals
    picked = [proposals[i] for i in pick_objects(proposals, config.objects)]
    seconds = {**found.seconds, "choose": clock.lap()}

    scored = (
        (refine(close_up(image, p), image, proposer, config.refine, owner), round(quality(p), 4))
        for p in picked
    )
    height, width = image.shape[:2]
    least_px = config.objects.min_area * height * width
    pieces = Pieces(least_px, config.objects.split, most(config.objects))
    labels, scores = label_pieces(scored, (height, width), pieces)
    mask = labels > 0
    trimap = make_trimap(mask, config.trimap.contour_px, config.trimap.values)
    seconds["refine"] = clock.lap()

    status: Status = OK if scores else NO_OBJECT
    score = sum(scores) / max(len(scores), 1)
    return MaskResult(
        mask, trimap, status, score, score, (), seconds, labels,
        probability=found.probability, object_scores=scores,
    )  # fmt: skip
