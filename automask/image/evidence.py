"""evidence: what can be said of each proposal of a photograph, in numbers that have names.

All proposals of an image are looked at together, as one stack on a small grid: that is fast, it
costs the choice nothing (a grid of 64 px chose no better), and some of the evidence is how they lie
to each other. Each feature is a function that gives one number for each proposal; FEATURES names
them in the order of the columns.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from automask.records import Mask, Proposal, Scene

Numbers = NDArray[np.float32]

SIDE = 32  # px, longest side of the grid that shape, colour and saliency are judged on
COARSE_SIDE = 16  # px, longest side of the grid for how proposals overlap each other
OTHERS = 200  # proposals, those with the highest predicted IoU, that each is held against
BAND_PX = 2  # width of the band outside a mask that it is compared with, on the grid
NESTED = 0.9  # share of a proposal that lies in another of which it is a part
PART_AREA = 0.8  # at most this large against the whole
BACKDROP_BORDER = 0.5  # a proposal with more of the border explains no object


@dataclass(frozen=True)
class Stack:
    """The proposals of one image on the grid, with what several features are made of."""

    masks: Mask  # K x h x w, longest side at most SIDE
    predicted_iou: Numbers  # K
    stability_score: Numbers  # K
    lab: Numbers | None  # h x w x 3: L 0..100, a, b
    saliency: Numbers | None  # h x w, 0..1

    @cached_property
    def flat(self) -> Numbers:
        """K x h*w, 0 or 1."""
        return self.masks.reshape(len(self.masks), -1).astype(np.float32)

    @cached_property
    def pixels(self) -> Numbers:
        """Area of each mask, px of the grid, at least 1: K."""
        return np.maximum(self.flat.sum(axis=1), 1)

    @cached_property
    def band(self) -> Numbers:
        """What lies within BAND_PX outside of each mask, K x h*w, 0 or 1."""
        grown = _on_each(self.masks, cv2.dilate, BAND_PX)
        return (grown & ~self.masks).reshape(len(self.masks), -1).astype(np.float32)

    @cached_property
    def outline(self) -> Numbers:
        """The masks' pixels beside their background, K x h*w, 0 or 1."""
        inner = _on_each(self.masks, cv2.erode, 1)
        return (self.masks & ~inner).reshape(len(self.masks), -1).astype(np.float32)

    @cached_property
    def border(self) -> Numbers:
        """Share of each side that each mask covers, K x 4: top, bottom, left, right."""
        m = self.masks
        sides = (m[:, 0], m[:, -1], m[:, :, 0], m[:, :, -1])
        return np.stack([side.mean(axis=1, dtype=np.float32) for side in sides], axis=1)

    @cached_property
    def colours(self) -> tuple[Numbers, Numbers]:
        """Mean of L, a, b and L squared inside of each mask and in its band, K x 4 each; 0 where
        there is no pixel.
        """
        assert self.lab is not None
        picture = np.dstack([self.lab, self.lab[..., :1] ** 2])
        return _mean_over(self.flat, picture), _mean_over(self.band, picture)

    @cached_property
    def overlap(self) -> Overlap:
        """How the masks lie to the OTHERS with the highest predicted IoU."""
        small = sampled(self.masks, COARSE_SIDE)
        each = small.reshape(len(small), -1).astype(np.float32)
        chosen = np.argsort(-self.predicted_iou, kind="stable")[:OTHERS]
        return Overlap(each, each[chosen], border(self)[chosen] > BACKDROP_BORDER)


@dataclass(frozen=True)
class Overlap:
    """Masks on the coarse grid of n px, and M of them that each is held against.

    What is made of these saturates: it does not count how often a thing was proposed, which
    depends on where the points were asked.
    """

    each: Numbers  # K x n, 0 or 1
    others: Numbers  # M x n
    are_backdrops: NDArray[np.bool_]  # M

    @cached_property
    def shared(self) -> Numbers:
        """Pixels that two masks share, K x M."""
        return self.each @ self.others.T

    @cached_property
    def own(self) -> Numbers:
        """Pixels of each mask, K x 1."""
        return self.each.sum(axis=1, keepdims=True)

    @cached_property
    def other(self) -> Numbers:
        """Pixels of each mask that it is held against, 1 x M."""
        return self.others.sum(axis=1)[None]


def stack(proposals: Sequence[Proposal], scene: Scene) -> Stack:
    """The proposals on the grid; masks of any size, of the photograph's proportions."""
    masks = sampled([p.mask for p in proposals], SIDE)
    height, width = masks.shape[1:]
    return Stack(
        masks=masks,
        predicted_iou=np.array([p.predicted_iou for p in proposals], np.float32).clip(0, 1),
        stability_score=np.array([p.stability_score for p in proposals], np.float32).clip(0, 1),
        lab=None if scene.image is None else colours_on_grid(scene.image, (width, height)),
        saliency=None if scene.saliency is None else _fitted(scene.saliency, (width, height)),
    )


def predicted_iou(s: Stack) -> Numbers:
    """The model's own estimate, 0..1."""
    return s.predicted_iou


def predicted_iou_lead(s: Stack) -> Numbers:
    """Predicted IoU less the highest of the image, 0 or below: checkpoints differ in its level."""
    return s.predicted_iou - s.predicted_iou.max()


def stability(s: Stack) -> Numbers:
    """IoU of the masks at a raised and a lowered threshold, 0..1."""
    return s.stability_score


def area(s: Stack) -> Numbers:
    """Share of the image that the mask covers, 0..1."""
    return s.flat.mean(axis=1)


def border(s: Stack) -> Numbers:
    """Share of the image's whole border that the mask covers, 0..1; a backdrop nears 1."""
    height, width = s.masks.shape[1:]
    return s.border @ np.array([width, width, height, height], np.float32) / (2 * (height + width))


def border_sides(s: Stack) -> Numbers:
    """How many sides the mask reaches, to the grid's resolution, 0..4: an object may be cut off at
    one, a frame has four.
    """
    return (s.border > 0).sum(axis=1).astype(np.float32)


def border_third(s: Stack) -> Numbers:
    """Coverage of the side that is covered third most, 0..1: what a cut-off object lacks."""
    return np.sort(s.border, axis=1)[:, 1]


def centrality(s: Stack) -> Numbers:
    """1 where the mask's centre of mass is the image's centre, 0 where it is a corner."""
    height, width = s.masks.shape[1:]
    y, x = np.mgrid[-0.5 : 0.5 : height * 1j, -0.5 : 0.5 : width * 1j].astype(np.float32)
    dx, dy = (s.flat @ c.reshape(-1) / s.pixels for c in (x, y))
    nearness = np.maximum(0, 1 - np.hypot(dx, dy) / np.hypot(0.5, 0.5))
    return np.where(s.flat.any(axis=1), nearness, 0).astype(np.float32)


def compactness(s: Stack) -> Numbers:
    """4 pi area over the outline's length squared, 0..1: 1 for a disc, little for a frame (Polsby
    and Popper, "The third criterion", 1991; here the outline's length is its count of pixels).
    """
    length = np.maximum(s.outline.sum(axis=1), 1)
    return np.minimum(1, 4 * np.pi * s.flat.sum(axis=1) / length**2)


def colour_contrast(s: Stack) -> Numbers:
    """Distance in Lab of the mean colours inside and in the band outside, in 100 units of it."""
    if s.lab is None:
        return _unknown(s)
    inside, outside = s.colours
    return np.linalg.norm(inside[:, :3] - outside[:, :3], axis=1) / 100


def texture_contrast(s: Stack) -> Numbers:
    """Difference of the deviation of lightness inside and in the band, in 100 units of L."""
    if s.lab is None:
        return _unknown(s)
    inside, outside = map(_deviation_of_lightness, s.colours)
    return np.abs(inside - outside) / 100


def edge_agreement(s: Stack) -> Numbers:
    """Mean gradient of the colours along the outline over that of the image; 1: no edge there."""
    if s.lab is None:
        return _unknown(s)
    edges = gradient(s.lab)
    return _mean_over(s.outline, edges)[:, 0] / max(float(edges.mean()), 1e-6)


def parts(s: Stack) -> Numbers:
    """Share of it that other proposals which are parts of it cover together, 0..1."""
    o = s.overlap
    lies_in_it = o.shared >= NESTED * np.maximum(o.other, 1)
    is_part = lies_in_it & (o.other <= PART_AREA * o.own)
    covered = (is_part.astype(np.float32) @ o.others > 0) & (o.each > 0)
    return np.asarray(covered.sum(axis=1) / np.maximum(o.own[:, 0], 1), np.float32)


def wholes(s: Stack) -> Numbers:
    """1 if it is a part of another proposal that is no backdrop, else 0."""
    o = s.overlap
    lies_in_other = o.shared >= NESTED * np.maximum(o.own, 1)
    is_whole = lies_in_other & (o.own <= PART_AREA * o.other) & ~o.are_backdrops
    return np.asarray(is_whole.any(axis=1), np.float32)


def explained(s: Stack) -> Numbers:
    """Share of what the proposals that are no backdrops cover together that lies in it, 0..1."""
    objects = s.masks[border(s) <= BACKDROP_BORDER].any(axis=0).reshape(-1).astype(np.float32)
    return np.asarray(s.flat @ objects / max(float(objects.sum()), 1.0))


def saliency_iou(s: Stack) -> Numbers:
    """Soft IoU with the saliency map, 0..1."""
    if s.saliency is None:
        return _unknown(s)
    shared = s.flat @ s.saliency.reshape(-1)
    return shared / np.maximum(s.pixels + s.saliency.sum() - shared, 1e-6)


def saliency_left(s: Stack) -> Numbers:
    """Share of the saliency that the mask leaves outside, 0..1."""
    if s.saliency is None:
        return _unknown(s)
    shared = s.flat @ s.saliency.reshape(-1)
    return 1 - shared / max(float(s.saliency.sum()), 1e-6)


def saliency_inside(s: Stack) -> Numbers:
    """Mean saliency of the mask's pixels, 0..1."""
    if s.saliency is None:
        return _unknown(s)
    return s.flat @ s.saliency.reshape(-1) / s.pixels


FEATURES: tuple[Callable[[Stack], Numbers], ...] = (
    predicted_iou, predicted_iou_lead, stability, area, border, border_sides, border_third,
    centrality, compactness, colour_contrast, texture_contrast, edge_agreement, parts, wholes,
    explained, saliency_iou, saliency_left, saliency_inside,
)  # fmt: skip
NAMES = tuple(feature.__name__ for feature in FEATURES)


def evidence(proposals: Sequence[Proposal], scene: Scene) -> Numbers:
    """Every feature of every proposal, K x len(FEATURES); NaN where the scene lacks it."""
    if not proposals:
        return np.zeros((0, len(FEATURES)), np.float32)
    s = stack(proposals, scene)
    return np.stack([feature(s) for feature in FEATURES], axis=1).astype(np.float32)


def _unknown(s: Stack) -> Numbers:
    return np.full(len(s.masks), np.nan, np.float32)


def sampled(masks: Sequence[Mask] | Mask, side: int) -> Mask:
    """K x h x w, the longest side at most `side`: every K-th pixel."""
    height, width = masks[0].shape
    step = max(1.0, max(height, width) / side)
    rows, columns = (
        ((np.arange(max(1, round(n / step))) + 0.5) * n / max(1, round(n / step))).astype(int)
        for n in (height, width)
    )
    lines = np.empty((len(masks), len(rows), width), np.bool_)
    for mask, into in zip(masks, lines, strict=True):
        mask.take(rows, axis=0, out=into, mode="clip")  # clips nothing, and saves a copy
    return lines.take(columns, axis=2)


def _fitted(picture: NDArray[Any], size: tuple[int, int]) -> Numbers:
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.float32)


def colours_on_grid(image_rgb: NDArray[np.uint8], size: tuple[int, int]) -> Numbers:
    """CIE Lab, h x w x 3, of a photograph shrunk to width and height."""
    rgb = _fitted(image_rgb, size) / np.float32(255)
    return np.asarray(cv2.cvtColor(rgb, cv2.COLOR_RGB2Lab), np.float32)


def _on_each(masks: Mask, change: Callable[..., NDArray[Any]], reach: int) -> Mask:
    """OpenCV's dilate or erode on all masks in one call; what lies beyond the image has no say."""
    count, height, width = masks.shape
    beyond = change is cv2.erode
    apart = np.full((count, height + reach, width), beyond, np.uint8)
    apart[:, :height] = masks
    kernel = np.ones((2 * reach + 1, 2 * reach + 1), np.uint8)
    changed = change(apart.reshape(-1, width), kernel)
    return changed.reshape(count, height + reach, width)[:, :height].astype(np.bool_)


def _mean_over(pixels: Numbers, picture: Numbers) -> Numbers:
    """Mean of a picture (h x w x c) over each set of pixels (K x h*w): K x c."""
    count = np.maximum(pixels.sum(axis=1, keepdims=True), 1)
    return pixels @ picture.reshape(-1, picture.shape[2]) / count


def _deviation_of_lightness(means: Numbers) -> Numbers:
    """K standard deviations from K x 4 means of L, a, b and L squared."""
    return np.sqrt(np.maximum(means[:, 3] - means[:, 0] ** 2, 0))


def gradient(lab: Numbers) -> Numbers:
    """How fast the colours change, h x w x 1."""
    dy, dx = (cv2.Sobel(lab, cv2.CV_32F, *order) for order in ((0, 1), (1, 0)))
    return np.sqrt((dx**2 + dy**2).sum(axis=2, keepdims=True))
