"""The sentences and table cells of an evaluation, shared by console and page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from automask.evaluate.evaluation import Report, Side
from automask.evaluate.figures import HIGH_IOU, LOW_IOU, MEASURED, ImageFigures, Summary, interval
from automask.evaluate.trust import GOOD_IOU, SURE_SHARE, Trust
from automask.show.grid import Grid, named, number, percent

SHOWN_WORST = 5
SUMMARY_HEADS = (
    "data set", "images", "mean IoU", "median", f"> {HIGH_IOU}", f"< {LOW_IOU}",
    "Dice", "precision", "recall", "MAE", "boundary F", "AUROC",
)  # fmt: skip


def about(report: Report) -> list[str]:
    """The folders compared, and how their files were read."""
    comparison = report.comparison
    lines = [
        *(_side_line("predicted", part) for part in comparison.predicted.parts),
        *(_side_line("true", part) for part in comparison.truth.parts),
    ]
    parts = (*comparison.predicted.parts, *comparison.truth.parts)
    if any(part.convention.contour is not None for part in parts):
        way = comparison.contour
        lines.append(f"contour pixels {'are ignored' if way == 'ignore' else f'count as {way}'}")
    if comparison.scores is not None:
        lines.append(f"scores: {comparison.scores.root}")
    return lines


def mean_lines(report: Report) -> list[str]:
    """The means of all images with their intervals: another sample would have had others."""
    parts = []
    for name, figure in (("mean IoU", "iou"), ("boundary F", "boundary"), ("MAE", "mae")):
        values = [getattr(row, figure) for row in report.figures]
        mean, (low, high) = sum(values) / len(values), interval(values)
        parts.append(f"{name} {number(mean)} ({number(low)} to {number(high)})")
    return [f"{', '.join(parts)}: means with 95 % intervals, the images drawn anew 1,000 times"]


def worst_lines(report: Report) -> list[str]:
    """The worst images by name."""
    worst = sorted(report.figures, key=lambda row: (row.iou, row.image))[:SHOWN_WORST]
    return [
        f"the {len(worst)} worst:",
        *(f"  {row.image}: IoU {number(row.iou)}{_why(row)}" for row in worst),
    ]


def _why(row: ImageFigures) -> str:
    return "" if row.status == MEASURED else f", {row.status}"


def notes(report: Report) -> list[str]:
    """What is missing, extra or failed, with the first names."""
    lines = []
    if report.missing:
        counted = "left out" if report.options.skip_missing else "counted as an empty mask"
        lines.append(f"{len(report.missing)} true masks have no prediction, {counted}:")
        lines += named(report.missing)
    if report.extra:
        lines.append(f"{len(report.extra)} predictions have no true mask, and are not measured:")
        lines += named(report.extra)
    if report.failures:
        lines.append(f"{len(report.failures)} failed, and are in no figure:")
        lines += named([f"{failure.image}: {failure.error}" for failure in report.failures])
    return lines


def summary_grid(summaries: Sequence[Summary]) -> Grid:
    """A row for each data set."""
    return Grid(SUMMARY_HEADS, tuple(tuple(_summary_cells(summary)) for summary in summaries))


def reliability_grid(trust: Trust) -> Grid:
    """A row for each bin of confidence."""
    rows = (
        (f"{b.low:.1f} to {b.high:.1f}", str(b.images), number(b.confidence), percent(b.good))
        for b in trust.bins
    )
    return Grid(("confidence", "images", "mean confidence", f"IoU >= {GOOD_IOU}"), tuple(rows))


def detector_grid(trust: Trust) -> Grid:
    """A row for each flag."""
    rows = (
        (d.flag, str(d.images), percent(d.precision), percent(d.recall)) for d in trust.detectors
    )
    return Grid(("flag", "images", "of them bad", "of all bad ones"), tuple(rows))


def trust_lines(trust: Trust) -> list[str]:
    """The calibration of the confidence, in sentences."""
    lines = [
        f"{trust.images} images have a confidence, {trust.bad} of them are bad (IoU below "
        f"{GOOD_IOU})",
        f"expected calibration error {trust.calibration_error:.3f}",
    ]
    if trust.bad_among_sure is not None:
        lines.append(
            f"{trust.bad_among_sure:.0%} of the bad masks are among the most confident "
            f"{SURE_SHARE:.0%} (by chance {SURE_SHARE:.0%})"
        )
    lines.append(
        f"area under the risk-coverage curve {trust.area:.3f} (best possible order "
        f"{trust.area_best:.3f}, by chance {trust.area_chance:.3f})"
    )
    return lines


def _side_line(name: str, side: Side) -> str:
    values = ", ".join(map(str, side.values))
    if side.convention.is_levels:
        values = f"{len(side.values)} values of {side.values[0]} to {side.values[-1]}"
    return f"{name}: {side.root}, {values}: {side.convention}"


def _summary_cells(summary: Summary) -> Iterator[str]:
    yield summary.name
    yield f"{summary.images}" + (f" ({summary.missing} missing)" if summary.missing else "")
    yield from map(number, (summary.iou, summary.median_iou))
    yield from map(percent, (summary.share_high, summary.share_low))
    yield from map(number, (summary.dice, summary.precision, summary.recall))
    yield from map(number, (summary.mae, summary.boundary, summary.auroc))
