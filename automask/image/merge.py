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
from functools import partial, reduce
from itertools import islice

import cv2
import numpy as np
from numpy.typing import NDArray

from automask.config import ChooseConfig
from automask.image.evidence import NESTED, PART_AREA, colours_on_grid, evidence, gradient, sampled
from automask.image.metrics import mask_iou
from automask.image.ranking import is_acceptable, logits_of
from automask.image.scorer import Linear
from automask.image.sizes import at_size
from automask.records import Mask, Proposal, Scene

Numbers = NDArray[np.float32]

SIDE = 64  # px, longest side of the grid that seams are judged on
BESIDE_CELLS = 4  # of that grid: how far from the seam its two sides are compared
GAP = 1 / 128  # of the longest side: as far as this from both parts, a gap between them is filled
MOST_SHARED = 0.2  # of the smaller one: more, and the two are no neighbours
SAME_IOU = 0.8  # a union as like a proposal as this is that proposal
MOST_MERGES = 6  # of one photograph


@dataclass(frozen=True)
class _Entry:
    """A proposal, or a union of some, on the grid."""

    seen: Proposal
    logit: float
    members: tuple[int, ...]  # indices of the proposals that it is made of


def merged(
    proposals: Sequence[Proposal],
    scene: Scene,
    config: ChooseConfig,
    weights: Linear | None = None,
    table: Numbers | None = None,
) -> list[Proposal]:
    """The proposals (masks H x W), with wholes at the end in the place of their parts.

    Without the scene's image no seam can be judged, and nothing is merged. weights: of the
    evidence; None: those that the config asks for. table: the evidence of the proposals; None: it
    is not known yet. What is merged are the `merge_among` proposals with the most evidence.
    """
    if not config.merge or scene.image is None or len(proposals) < 2:
        return list(proposals)
    table = evidence(proposals, scene) if table is None else table
    entries = _best(proposals, logits_of(table, config, weights), config)
    seams = _Seams(scene, config)
    # What a lead is measured from.
    (surest,) = _on_grid([max(proposals, key=lambda p: p.predicted_iou)])
    for _ in range(MOST_MERGES):
        found = _best_union(entries, seams, surest, weights)
        if found is None:
            break
        entries = [e for e in entries if not set(e.members) & set(found.members)] + [found]
    groups = [e.members for e in entries if len(e.members) > 1]
    parts = {i for members in groups for i in members}
    wholes = [reduce(union, (proposals[i] for i in members)) for members in groups]
    return [p for i, p in enumerate(proposals) if i not in parts] + wholes


def _best(
    proposals: Sequence[Proposal], logits: NDArray[np.float64], config: ChooseConfig
) -> list[_Entry]:
    """The acceptable proposals with the most evidence, on the grid."""
    order = np.argsort(-logits, kind="stable").tolist()
    acceptable = (i for i in order if is_acceptable(proposals[i].mask, config))
    first = list(islice(acceptable, config.merge_among))
    seen = _on_grid([proposals[i] for i in first])
    return [_Entry(p, float(logits[i]), (i,)) for i, p in zip(first, seen, strict=True)]


def _on_grid(proposals: Sequence[Proposal]) -> list[Proposal]:
    if not proposals:
        return []
    masks = sampled([p.mask for p in proposals], SIDE)
    return [replace(p, mask=mask, cut=None) for p, mask in zip(proposals, masks, strict=True)]


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


def _best_union(
    entries: Sequence[_Entry], seams: _Seams, surest: Proposal, weights: Linear | None
) -> _Entry | None:
    """The union of two that has the most evidence, of those that may be parts of one."""
    config, scene = seams.config, seams.scene
    candidates = [
        (a, b, whole)
        for a, b in seams.weak_pairs(entries)
        if _is_new(whole := union(a.seen, b.seen), entries, config)
    ]
    if not candidates:
        return None
    judged = [*(e.seen for e in entries), surest, *(whole for _, _, whole in candidates)]
    logits = logits_of(evidence(judged, scene), config, weights)[-len(candidates) :]
    wholes = [
        _Entry(whole, logit, a.members + b.members)
        for (a, b, whole), logit in zip(candidates, logits.tolist(), strict=True)
        if logit >= max(a.logit, b.logit) - config.merge_loss
    ]
    return max(wholes, key=lambda e: e.logit, default=None)


def _is_new(whole: Proposal, entries: Sequence[_Entry], config: ChooseConfig) -> bool:
    """Whether a union could be the object, and has not been proposed: then the choice among all of
    them is enough.
    """
    return is_acceptable(whole.mask, config) and all(
        mask_iou(whole.mask, e.seen.mask) < SAME_IOU for e in entries
    )


class _Seams:
    """The seams of one photograph, each judged once."""

    def __init__(self, scene: Scene, config: ChooseConfig) -> None:
        self.scene, self.config = scene, config
        self._known: dict[tuple[tuple[int, ...], tuple[int, ...]], bool] = {}
        self._on_grid: tuple[Numbers, Numbers] | None = None

    def weak_pairs(self, entries: Sequence[_Entry]) -> Iterator[tuple[_Entry, _Entry]]:
        """Those that may be parts of one object: beside each other, with a weak seam."""
        if len(entries) < 2:
            return
        for i, j in np.argwhere(_lie_side_by_side(np.stack([e.seen.mask for e in entries]))):
            a, b = entries[i], entries[j]
            key = (a.members, b.members)
            if key not in self._known:
                self._known[key] = self._is_weak(a.seen.mask, b.seen.mask)
            if self._known[key]:
                yield a, b

    def _is_weak(self, first: Mask, second: Mask) -> bool:
        lab, edges = self._picture(first.shape)
        near = _grown(first, 1) & _grown(second, 1)
        seam = seam_between(first, second, near, lab, edges) if near.any() else None
        return seam is not None and seam.is_weak(self.config)

    def _picture(self, shape: tuple[int, ...]) -> tuple[Numbers, Numbers]:
        """Colours and their gradient, of the photograph on the grid of h x w = `shape`."""
        if self._on_grid is None:
            assert self.scene.image is not None
            lab = colours_on_grid(self.scene.image, (shape[1], shape[0]))
            self._on_grid = lab, gradient(lab)[..., 0]
        return self._on_grid


def _lie_side_by_side(masks: Mask) -> Mask:
    """n x n, above the diagonal: two of n masks that share little, are held by as many others."""
    flat = masks.reshape(len(masks), -1).astype(np.float32)
    shared = flat @ flat.T
    own = np.maximum(np.diag(shared), 1)
    lies_in = (shared >= NESTED * own[:, None]) & (own[:, None] <= PART_AREA * own)
    depth = lies_in.sum(axis=1)
    share = shared / np.minimum(own[:, None], own)
    return np.asarray(np.triu((share <= MOST_SHARED) & (depth[:, None] == depth), k=1))


@dataclass(frozen=True)
class Seam:
    """Where two masks touch."""

    edge: float  # mean gradient of the colours along it over that along the union's outline
    colour: float  # distance in Lab of the means on its two sides, in 100 units of it
    compactness: float  # the union's over the mean of the two masks', weighted by area

    def is_weak(self, config: ChooseConfig) -> bool:
        """Whether the two sides look like one object."""
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
