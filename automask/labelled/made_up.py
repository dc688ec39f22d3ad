"""Synthetic proposals from a true mask, to measure the choice independently of any model.

What an automatic mask generator returns, drawn from the truth instead: the object with a perturbed
outline, its parts, the background, pieces of the background, and the object with a piece of
background. The scores are those of a model that rates what is easy to outline, not the subject: the
background, large and smooth, gets the highest.
"""

from __future__ import annotations

import cv2
import numpy as np

from automask.records import Mask, Proposal, Proposer

PARTS = 3  # of the object, and as many pieces of the background
# Mean predicted IoU of each sort of mask, all with the same spread.
OBJECT_IOU, PART_IOU, BACKGROUND_IOU, PIECE_IOU, UNION_IOU = 0.90, 0.90, 0.96, 0.90, 0.86
IOU_SPREAD = 0.04  # standard deviation
STABILITY, STABILITY_SPREAD = 0.94, 0.03


def proposals_from_truth(
    truth: Mask, rng: np.random.Generator, has_whole: bool = True
) -> list[Proposal]:
    """Proposals for a photograph with this true mask (H x W), in random order, scores noisy.

    Args:
        truth: H x W bool.
        rng: Of outlines, parts, scores and order.
        has_whole: Whether the object itself is among them, or only its parts.

    Returns:
        The proposals.
    """
    background = ~truth
    pieces = _split(background, rng)
    masks = [(_wavering(truth, rng), OBJECT_IOU), (_wavering(background, rng), BACKGROUND_IOU)]
    masks += [(part, PART_IOU) for part in _split(truth, rng)]
    masks += [(piece, PIECE_IOU) for piece in pieces]
    masks += [(truth | pieces[0], UNION_IOU)]
    masks = masks[0 if has_whole else 1 :]
    order = rng.permutation(len(masks))
    return [_scored(masks[i][0], masks[i][1], rng) for i in order if masks[i][0].any()]


class NoSecondLook:
    """A proposer without a second look, because the proposals are not its own."""

    look_again_below = 0.0

    def __init__(self, proposer: Proposer) -> None:
        self.max_side, self.mask_side = proposer.max_side, proposer.mask_side
        self.propose, self.look_again = proposer.propose, proposer.look_again
        self.draw = proposer.draw


def _scored(mask: Mask, mean_iou: float, rng: np.random.Generator) -> Proposal:
    predicted, stability = rng.normal((mean_iou, STABILITY), (IOU_SPREAD, STABILITY_SPREAD))
    return Proposal(mask, float(np.clip(predicted, 0, 1)), float(np.clip(stability, 0, 1)))


def _wavering(mask: Mask, rng: np.random.Generator) -> Mask:
    """The mask grown or shrunk by up to 2 % of the image's longest side."""
    reach = max(1, round(rng.uniform(0, 0.02) * max(mask.shape)))
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach + 1, 2 * reach + 1))
    change = cv2.dilate if rng.random() < 0.5 else cv2.erode
    return np.asarray(change(mask.astype(np.uint8), kernel)).astype(np.bool_)


def _split(mask: Mask, rng: np.random.Generator) -> list[Mask]:
    """The mask cut into parts: each pixel goes to the nearest of some random pixels of it."""
    rows, columns = np.nonzero(mask)
    if len(rows) == 0:
        return [mask] * PARTS
    seeds = rng.integers(0, len(rows), PARTS)
    y, x = np.mgrid[: mask.shape[0], : mask.shape[1]]
    distance = [(y - rows[s]) ** 2 + (x - columns[s]) ** 2 for s in seeds]
    nearest = np.argmin(distance, axis=0)
    return [mask & (nearest == part) for part in range(PARTS)]
