"""Summaries of the measurements: medians, rates, ratios, agreement of masks. Pure functions."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from automask.bench.figures import Measured, Variant

STAGES = ("load", "encode", "decode", "choose", "refine", "write")
# The size of the collection that automask was first written for.
COLLECTION = 711  # images
ALIKE_IOU = 0.95  # IoU from which two masks of one photograph count as the same
REFERENCES = {"generator": "stock", "device": "cpu"}  # the reference of ratios


@dataclass(frozen=True)
class Spread:
    """Median and range of some values."""

    median: float
    low: float
    high: float


@dataclass(frozen=True)
class Summary:
    """Rate and seconds by stage of one variant; None where all images failed."""

    images_per_hour: Spread | None  # over the rounds
    seconds_collection: float | None  # COLLECTION images from a cold start
    stages: dict[str, Spread]  # seconds an image in one worker, by STAGES and "total"; over images


@dataclass(frozen=True)
class Ratio:
    """The speed of one variant over that of another that differs in one thing."""

    differ_in: str  # generator or device
    reference: Variant
    other: Variant
    times_as_fast: Spread  # over the rounds, each variant's rate in the same round


@dataclass(frozen=True)
class Parity:
    """The agreement of two variants' masks."""

    first: Variant
    second: Variant
    images: int  # that both have masked
    share_alike: float  # of them, IoU of at least ALIKE_IOU
    mean_iou: float
    worst_iou: float
    worst_image: str


def spread(values: Iterable[float]) -> Spread | None:
    """Median, lowest, highest; None without values."""
    ordered = sorted(values)
    return Spread(statistics.median(ordered), ordered[0], ordered[-1]) if ordered else None


def summarise(measured: Measured) -> Summary:
    """Rates over the rounds, seconds over the images that did not fail."""
    rate = spread(turn.images_per_hour for turn in measured.turns if turn.images_per_hour)
    seconds = {
        name: spread(
            value
            for record in measured.records
            if record.is_done and (value := getattr(record, f"seconds_{name}")) is not None
        )
        for name in (*STAGES, "total")
    }
    return Summary(
        images_per_hour=rate,
        seconds_collection=seconds_for(COLLECTION, rate.median, measured) if rate else None,
        stages={name: values for name, values in seconds.items() if values is not None},
    )


def seconds_for(images: int, images_per_hour: float, measured: Measured) -> float:
    """Seconds for a number of images, including the cold start."""
    return measured.cold_start.seconds + 3600 * images / images_per_hour


def ratios(measured: Sequence[Measured]) -> list[Ratio]:
    """Compare generators with stock on the same device, and devices with cpu.

    Without stock, or cpu, the first one measured is the reference.

    Args:
        measured: The variants.

    Returns:
        A ratio for each comparable pair.
    """
    found = []
    for differ_in, other_field in (("generator", "device"), ("device", "generator")):
        for reference, other in _comparable(measured, differ_in, other_field):
            pairs = zip(reference.turns, other.turns, strict=True)
            times = spread(
                b.images_per_hour / a.images_per_hour
                for a, b in pairs
                if a.images_per_hour and b.images_per_hour
            )
            if times is not None:
                found.append(Ratio(differ_in, reference.variant, other.variant, times))
    return found


def _comparable(
    measured: Sequence[Measured], differ_in: str, same: str
) -> list[tuple[Measured, Measured]]:
    """Pairs of reference and other variant of one model that agree in the field `same`."""
    names = [getattr(m.variant, differ_in) for m in measured]
    reference = REFERENCES[differ_in] if REFERENCES[differ_in] in names else names[0]
    references = {
        (m.variant.model, getattr(m.variant, same)): m
        for m in measured
        if getattr(m.variant, differ_in) == reference
    }
    others = (m for m in measured if getattr(m.variant, differ_in) != reference)
    keyed = ((references.get((m.variant.model, getattr(m.variant, same))), m) for m in others)
    return [(found, m) for found, m in keyed if found is not None]


def pairs_to_compare(measured: Sequence[Measured]) -> list[tuple[Measured, Measured]]:
    """Every two variants of one model, without random weights."""
    real = [m for m in measured if not m.is_random]
    return [(a, b) for a, b in combinations(real, 2) if a.variant.model == b.variant.model]


def parity(first: Variant, second: Variant, ious: Mapping[str, float]) -> Parity:
    """The summary of each image's IoU; at least one."""
    worst = min(ious, key=lambda image: ious[image])
    return Parity(
        first=first,
        second=second,
        images=len(ious),
        share_alike=sum(iou >= ALIKE_IOU for iou in ious.values()) / len(ious),
        mean_iou=statistics.fmean(ious.values()),
        worst_iou=ious[worst],
        worst_image=worst,
    )
