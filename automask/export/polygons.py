"""Outlines of masks as polygons, in the two conventions of their readers.

Edges: pixel (0, 0) covers 0..1, and the outline runs along the edges of pixels, as in COCO, CVAT
and Label Studio. Centres: the outline runs through the centres of the border's pixels, as for
readers that draw with `cv2.fillPoly` on integer coordinates.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from automask.export.instances import Instance

# Nearly the centre of a pixel: truncated (ultralytics) or rounded (supervision) it is that pixel,
# also after the rounding of the text in a file.
CENTRE = 0.45

# A noisy mask has thousands of holes, and outlines of a million points. Above this many rings each
# is joined to the first one, and longer rings are subsampled: the bridges become longer, which
# costs nothing along the edges, and a pixel's width between pieces.
MOST_COMPARED = 100
MOST_POINTS = 2000

Ring = NDArray[np.float64]  # N x 2: x, y in px of the photograph; closed, the first not repeated


@dataclass(frozen=True)
class Part:
    """One connected piece of an object."""

    outer: Ring
    holes: tuple[Ring, ...]


Outline = Callable[[Instance, float], list[Part]]


def edge_parts(instance: Instance, tolerance: float) -> list[Part]:
    """The pieces of an object, outlined along the edges of its pixels.

    Args:
        instance: The object.
        tolerance: The largest distance of polygon and outline, px; 0: exact.

    Returns:
        The connected pieces.
    """
    # findContours runs through the centres of border pixels, half a pixel inside. At twice the
    # size, grown to the right and downwards by one, these centres are the edges.
    doubled = np.repeat(np.repeat(_padded(instance), 2, axis=0), 2, axis=1)
    grown = cv2.dilate(doubled, np.ones((2, 2), np.uint8), anchor=(1, 1))
    return _parts(grown, lambda points: points / 2 - 1, instance, tolerance * 2)


def centre_parts(instance: Instance, tolerance: float) -> list[Part]:
    """The pieces of an object, outlined through the centres of its border's pixels.

    Args:
        instance: The object.
        tolerance: The largest distance of polygon and outline, px; 0: exact.

    Returns:
        The connected pieces.
    """
    return _parts(_padded(instance), lambda points: points - 1 + CENTRE, instance, tolerance)


def with_keyholes(part: Part) -> Ring:
    """A piece as one ring, each hole joined to the outer ring by a bridge there and back.

    By the even-odd rule, and so in pycocotools, holes stay open and bridges have no width.

    Args:
        part: The piece.

    Returns:
        One closed ring.
    """
    return _joined(part.outer, part.holes)


def joined(parts: Sequence[Part]) -> Ring:
    """All pieces and holes as one ring, as ultralytics joins the parts of a COCO object."""
    first, *others = [ring for part in parts for ring in (part.outer, *part.holes)]
    return _joined(first, others)


def draw_centres(rings: Iterable[Ring], shape: tuple[int, int]) -> NDArray[np.bool_]:
    """Rings through the centres, drawn by `cv2.fillPoly` as YOLO's readers do; H x W."""
    canvas = np.zeros(shape, np.uint8)
    for ring in rings:
        cv2.fillPoly(canvas, [ring.astype(np.int32)], (1,))
    return canvas.astype(np.bool_)


def draw_edges(rings: Iterable[Ring], shape: tuple[int, int]) -> NDArray[np.bool_]:
    """Rings along the edges, drawn by pycocotools; H x W."""
    from pycocotools import mask as coco_mask

    runs = coco_mask.frPyObjects([ring.ravel().tolist() for ring in rings], *shape)
    return np.asarray(coco_mask.decode(coco_mask.merge(runs)), np.bool_)


def _padded(instance: Instance) -> NDArray[np.uint8]:
    return np.pad(instance.crop.astype(np.uint8), 1)


def _parts(
    drawn: NDArray[np.uint8],
    to_crop: Callable[[NDArray[np.float64]], NDArray[np.float64]],
    instance: Instance,
    tolerance: float,  # in the drawing's pixels
) -> list[Part]:
    contours, tree = cv2.findContours(drawn, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_SIMPLE)
    corner = np.asarray(instance.box[:2], np.float64)
    rings = [to_crop(_simpler(c, tolerance)[:, 0].astype(np.float64)) + corner for c in contours]
    parents = [] if tree is None else tree[0, :, 3].tolist()
    return [
        Part(ring, tuple(h for h, hole_of in zip(rings, parents, strict=True) if hole_of == place))
        for place, (ring, parent) in enumerate(zip(rings, parents, strict=True))
        if parent < 0
    ]


def _simpler(contour: NDArray[np.int32], tolerance: float) -> NDArray[np.int32]:
    """N x 1 x 2 with fewer points; the contour itself if fewer than three would be left."""
    simple = cv2.approxPolyDP(contour, tolerance, True) if tolerance else contour
    return simple if len(simple) > 2 else contour


def _joined(first: Ring, others: Iterable[Ring]) -> Ring:
    """One ring: the nearest other ring is joined to it, repeatedly, by a bridge there and back."""
    ring, left = first, list(others)
    bridges = [_bridge(first, other) for other in left]
    while left:
        nearest = min(range(len(left)), key=lambda k: bridges[k].length)
        bridge, other = bridges.pop(nearest), left.pop(nearest)
        here = int(np.flatnonzero((ring == bridge.start).all(axis=1))[0])
        turned = np.roll(other, -bridge.there, axis=0)
        ring = np.concatenate([ring[: here + 1], turned, turned[:1], ring[here:]])
        if len(left) < MOST_COMPARED:
            bridges = [
                min(known, _bridge(other, far), key=lambda bridge: bridge.length)
                for known, far in zip(bridges, left, strict=True)
            ]
    return ring


@dataclass(frozen=True)
class _Bridge:
    """The shortest connection of two rings."""

    length: float  # px, squared
    start: NDArray[np.float64]  # x, y
    there: int  # index of its end in the other ring


def _bridge(ring: Ring, other: Ring) -> _Bridge:
    steps = [len(points) // MOST_POINTS + 1 for points in (ring, other)]
    starts, ends = ring[:: steps[0]], other[:: steps[1]]
    # K=1: the nearest start for each end, without a table of all pairs.
    lengths, places = cv2.batchDistance(
        ends.astype(np.float32),
        starts.astype(np.float32),
        dtype=cv2.CV_32F,
        normType=cv2.NORM_L2SQR,
        K=1,
    )
    there = int(lengths.argmin())
    start = starts[int(places[there, 0])]
    return _Bridge(float(lengths[there, 0]), start, there * steps[1])
