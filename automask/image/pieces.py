"""pieces: a proposal of several things that do not touch, as a proposal of each.

A model trained on whole subjects takes a group for one: two cats at the two ends of a sofa.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np

from automask.image.sizes import at_size, resized
from automask.records import Mask, Proposal

CRUMB = 0.1  # of the largest piece's area; smaller ones are lost, not objects


def in_pieces(proposals: Sequence[Proposal]) -> list[Proposal]:
    """The proposals (masks H x W), those of several pieces replaced by their pieces.

    Pieces are what does not touch, corners included. A piece has the predicted IoU and the
    stability of the whole: nothing more is known of it.
    """
    return [piece for proposal in proposals for piece in _pieces(proposal)]


def _pieces(proposal: Proposal) -> list[Proposal]:
    count, labels, stats, _ = cv2.connectedComponentsWithStats(proposal.mask.astype(np.uint8))
    if count <= 2:  # the background, and one piece
        return [proposal]
    areas = stats[1:, cv2.CC_STAT_AREA]
    large = [i + 1 for i, area in enumerate(areas) if area >= CRUMB * areas.max()]
    masks = [labels == i for i in large]
    return [replace(proposal, mask=m, cut=_PieceCut(proposal, m)) for m in masks]


@dataclass(frozen=True)
class _PieceCut:
    """Cuts a piece of any size out of the whole, whose outline is finer than the piece's mask."""

    whole: Proposal
    piece: Mask

    def __call__(self, size: tuple[int, int]) -> Mask:
        """The piece H x W bool at the size H, W."""
        around = cv2.dilate(self.piece.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
        others = self.whole.mask & ~self.piece
        near = resized(around, size) & ~resized(others, size)
        return at_size(self.whole, size) & near
