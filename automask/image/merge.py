"""merge: proposals that together make one object become one, so that the whole can be chosen.

"Four masks for one shoe": a checkpoint that proposes parts may never propose the whole. Two
proposals are taken for parts of one where they lie side by side, as deep in other proposals as each
other, the seam between them is weak (little gradient along it against the outline of both, like
colours on its two sides), and the union is not much more ragged than they are. The union is a
proposal as any other, judged by the same evidence; it takes the place of its parts unless it has
less of it than the better part. So again, until no two are left.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice

import cv2
import numpy as np
from numpy.typing import NDArray

from automask.config import ChooseConfig
from automask.image.choose import is_acceptable, logits_of
from automask.image.evidence import NESTED, PART_AREA, colours_on_grid, evidence, gradient, sampled
from automask.image.scorer import Linear
from automask.image.sizes import at_size
from automask.metrics import mask_iou
from automask.records import Mask, Proposal, Scene

Numbers = NDArray[np.float32]

SIDE = 64  # px, longest side of the grid that seams are judged on
BESIDE_CELLS = 4  # of that grid: how far from the seam its two sides are compared
GAP = 1 / 128  # of the longest side: as far as this from both parts, a gap between them is filled
MOST_SHARED = 0.2  # of the smaller one: more, and the two are no neighbours
SAME_IOU = 0.8  # a union as like a proposal as this is that proposal
MOST_MERGES = 6  # of one photograph


def merged(
    proposals: Sequence[Proposal],
    scene: Scene,
    config: ChooseConfig,
    weights: Linear | None = None,
) -> list[Proposal]:
    """The proposals (masks H x W), with wholes at the end in the place of their parts.

    Without the scene's image no seam can be judged, and nothing is merged. weights: of the
    evidence; None: those that the config asks for.
    """
    left = list(proposals)
    if not config.merge or scene.image is None or len(left) < 2:
        return left
    small = [
        replace(p, mask=mask, cut=None)
        for p, mask in zip(left, sampled([p.mask for p in left], SIDE), strict=True)
    ]
    for _ in range(MOST_MERGES):
        pair = _best_pair(small, scene, config, weights)
        if pair is None:
            break
        left, small = (_together(some, pair) for some in (left, small))
    return left


def _together(proposals: Sequence[Proposal], pair: tuple[int, int]) -> list[Proposal]:
    """All but the pair, and the union of the two at the end."""
    others = [p for i, p in enumerate(proposals) if i not in pair]
    return [*others, union(*(proposals[i] for i in pair))]


def union(first: Proposal, second: Proposal) -> Proposal:
    """Both as one proposal, a narrow gap between them filled.

    Nobody has scored the union: predicted IoU and stability are the parts', weighted by their
    areas, which is what they would be if each part were as good within the union as alone.
    """
    areas = np.array([np.count_nonzero(p.mask) for p in (first, second)], np.float64)
    share = areas / max(areas.sum(), 1)
    cut = None
    if first.cut is not None or second.cut is not None:
        cut = partial(_cut, first, second)
    return Proposal(
        mask=joined(first.mask, second.mask),
        predicted_iou=float(share @ (first.predicted_iou, second.predicted_iou)),
        stability_score=float(share @ (first.stability_score, second.stability_score)),
        point=(first if areas[0] >= areas[1] else second).point,
        cut=cut,
    )


def joined(first: Mask, second: Mask) -> Mask:
    """What is in one of two masks (H x W) or, by GAP, near both."""
    reach = max(1, round(GAP * max(first.shape)))
    return first | second | (_grown(first, reach) & _grown(second, reach))


def _cut(first: Proposal, second: Proposal, size: tuple[int, int]) -> Mask:
    return joined(at_size(first, size), at_size(second, size))


def _best_pair(
    proposals: Sequence[Proposal], scene: Scene, config: ChooseConfig, weights: Linear | None
) -> tuple[int, int] | None:
    """The two whose union has the most evidence, of those that may be parts of one; masks on the
    grid.
    """
    logits = logits_of(evidence(proposals, scene), config, weights)
    acceptable = (
        i
        for i in np.argsort(-logits, kind="stable").tolist()
        if is_acceptable(proposals[i].mask, config)
    )
    first = list(islice(acceptable, config.merge_among))
    pairs = [(first[a], first[b]) for a, b in _pairs([proposals[i] for i in first], scene, config)]
    unions = [union(proposals[a], proposals[b]) for a, b in pairs]
    new = [i for i, whole in enumerate(unions) if _is_new(whole.mask, proposals, config)]
    if not new:
        return None
    table = evidence([*proposals, *(unions[i] for i in new)], scene)
    whole = logits_of(table, config, weights)[len(proposals) :]
    parts = np.array([logits[list(pairs[i])].max() for i in new])
    lead = np.where(whole >= parts - config.merge_loss, whole, -np.inf)
    best = int(lead.argmax())
    return pairs[new[best]] if np.isfinite(lead[best]) else None


def _is_new(whole: Mask, proposals: Sequence[Proposal], config: ChooseConfig) -> bool:
    """Whether a union could be the object, and has not been proposed: then the choice among all of
    them is enough.
    """
    return is_acceptable(whole, config) and all(
        mask_iou(whole, p.mask) < SAME_IOU for p in proposals
    )


def _pairs(
    proposals: Sequence[Proposal], scene: Scene, config: ChooseConfig
) -> Iterator[tuple[int, int]]:
    """Those that may be parts of one object: beside each other, with a weak seam."""
    if len(proposals) < 2:
        return
    masks = np.stack([p.mask for p in proposals])
    is_even = _lie_side_by_side(masks)
    if not is_even.any():
        return
    assert scene.image is not None
    lab = colours_on_grid(scene.image, masks.shape[:0:-1])
    edges = gradient(lab)[..., 0]
    near = np.stack([_grown(mask, 1) for mask in masks])
    for a, b in np.argwhere(is_even):
        seam = seam_between(masks[a], masks[b], near[a] & near[b], lab, edges)
        if seam is not None and seam.is_weak(config):
            yield int(a), int(b)


def _lie_side_by_side(masks: Mask) -> Mask:
    """n x n, above the diagonal: two of n masks that share little, are held by as many others."""
    flat = masks.reshape(len(masks), -1).astype(np.float32)
    shared = flat @ flat.T
    own = np.maximum(np.diag(shared), 1)
    lies_in = (shared >= NESTED * own[:, None]) & (own[:, None] <= PART_AREA * own)
    depth = lies_in.sum(axis=1)
    share = shared / np.minimum(own[:, None], own)
    return np.triu((share <= MOST_SHARED) & (depth[:, None] == depth), k=1)


@dataclass(frozen=True)
class Seam:
    """Where two masks touch."""

    edge: float  # mean gradient of the colours along it over that along the union's outline
    colour: float  # distance in Lab of the means on its two sides, in 100 units of it
    compactness: float  # the union's over the mean of the two masks', weighted by area

    def is_weak(self, config: ChooseConfig) -> bool:
        return (
            self.edge <= config.merge_edge
            and self.colour <= config.merge_colour
            and self.compactness >= config.merge_compactness
        )


def seam_between(
    first: Mask, second: Mask, seam: Mask, lab: Numbers, edges: Numbers
) -> Seam | None:
    """The seam of two masks (h x w); None where they do not touch.

    seam: h x w, what is beside both. lab: h x w x 3. edges: h x w, gradient of the colours.
    """
    sides = [
        here & _grown(there, BESIDE_CELLS) & ~there
        for here, there in ((first, second), (second, first))
    ]
    if not seam.any() or not all(side.any() for side in sides):
        return None
    whole = first | second | seam
    means = [lab[side].mean(axis=0) for side in sides]
    around = float(edges[_outline(whole)].mean()) if not whole.all() else 0.0
    share = first.sum() / (first.sum() + second.sum())
    parts = share * compactness(first) + (1 - share) * compactness(second)
    return Seam(
        edge=float(edges[seam].mean()) / max(around, 1e-6),
        colour=float(np.linalg.norm(means[0] - means[1])) / 100,
        compactness=compactness(whole) / max(parts, 1e-6),
    )


def compactness(mask: Mask) -> float:
    """4 pi area over the outline's length squared, 0..1, as in evidence.py."""
    return min(1.0, 4 * np.pi * int(mask.sum()) / max(int(_outline(mask).sum()), 1) ** 2)


def _grown(mask: Mask, reach: int) -> Mask:
    kernel = np.ones((2 * reach + 1, 2 * reach + 1), np.uint8)
    return np.asarray(cv2.dilate(mask.view(np.uint8), kernel)).view(np.bool_)


def _outline(mask: Mask) -> Mask:
    """Its pixels beside the background; the image's border is no outline."""
    inner = cv2.erode(mask.view(np.uint8), np.ones((3, 3), np.uint8), borderValue=1)
    return mask & (np.asarray(inner) == 0)
