"""`automask eval --objects`: from two folders of object maps to a table and files."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console

from automask.errors import ExitCode, ImageError, UsageError
from automask.evaluate.evaluation import Failure, Options
from automask.evaluate.figures import FAILED
from automask.evaluate.folders import MaskFolder, Pair, match, object_folder
from automask.evaluate.object_figures import (
    Ids,
    ObjectFigures,
    ObjectSummary,
    measure_objects,
    object_summaries,
)
from automask.evaluate.results import read_ids
from automask.image.names import normal
from automask.output.ledger import load_records
from automask.show.grid import Grid, named, number, percent, print_grid, print_lines
from automask.show.spreadsheet import cells
from automask.system.files import write_text

Outcome = ObjectFigures | Failure
Track = Callable[[Iterable[Outcome], int], Iterable[Outcome]]

SCHEMA = 1  # raised when a reader of the file would have to change
HEADS = (
    "data set", "images", "true objects", "predicted", "precision", "recall", "F1", "AP50",
    "matched IoU", "split", "merged",
)  # fmt: skip
COLUMNS = (
    "image", "dataset", "true_objects", "predicted_objects", "matched", "mean_iou", "split",
    "merged", "status", "error",
)  # fmt: skip


@dataclass(frozen=True)
class ObjectReport:
    """Everything that was found."""

    predicted: Path
    truth: Path
    skip_missing: bool  # whether photographs without a predicted map are left out
    figures: tuple[ObjectFigures, ...]
    summaries: tuple[ObjectSummary, ...]
    missing: tuple[str, ...]  # true maps without a predicted one: nothing was found there
    extra: tuple[str, ...]
    failures: tuple[Failure, ...]

    @property
    def exit_code(self) -> int:
        """1 if a pair could not be measured, else 0."""
        return ExitCode.SOME_FAILED if self.failures else ExitCode.OK


def evaluate_objects(
    predicted: Path,
    truth: Path,
    skip_missing: bool = False,
    track: Track = lambda outcomes, _total: outcomes,
    most_pixels: int | None = None,
) -> ObjectReport:
    """Measures folders of object maps; `predicted` may be an output of automask.

    most_pixels: of a map; None: as the outputs' runs had it.

    Raises UsageError for folders that cannot be compared at all; what is wrong with single files is
    a failure in the report.
    """
    ours, theirs = object_folder(predicted), object_folder(truth)
    matches = match(ours, theirs)
    missing = tuple(pair.truth for pair in matches.pairs if pair.predicted is None)
    pairs = [p for p in matches.pairs if p.predicted is not None or not skip_missing]
    most = Options(predicted, truth, max_pixels=most_pixels).most_pixels
    measured = _Measured(ours, theirs, _scores(ours), most)
    outcomes = list(track(map(measured.outcome, pairs), len(pairs)))
    figures = tuple(one for one in outcomes if isinstance(one, ObjectFigures))
    failures = tuple(one for one in outcomes if isinstance(one, Failure))
    if not figures:
        raise UsageError(f"nothing could be measured; {failures[0].image!a}: {failures[0].error}")
    return ObjectReport(
        predicted=ours.root,
        truth=theirs.root,
        skip_missing=skip_missing,
        figures=figures,
        summaries=object_summaries(figures),
        missing=missing,
        extra=matches.extra,
        failures=failures,
    )


@dataclass(frozen=True)
class _Measured:
    """The two folders, and what their pairs come to."""

    ours: MaskFolder
    theirs: MaskFolder
    scores: dict[str, tuple[float, ...]]  # of the predicted objects, by the photographs' stems
    most_pixels: int  # of a map

    def outcome(self, pair: Pair) -> Outcome:
        try:
            truth = read_ids(self.theirs.root / pair.truth, self.most_pixels)
            if pair.predicted is None:
                return measure_objects(pair.truth, np.zeros_like(truth), truth, ())
            found = read_ids(self.ours.root / pair.predicted, self.most_pixels)
            _check_sizes(found, truth)
            return measure_objects(pair.truth, found, truth, self.scores.get(pair.stem))
        except ImageError as error:
            return Failure(pair.truth, str(error))


def _scores(ours: MaskFolder) -> dict[str, tuple[float, ...]]:
    """The scores of an output's objects, by the photographs' stems."""
    if ours.output is None:
        return {}
    records = load_records(ours.output).values()
    return {normal(record.stem or ""): record.object_scores for record in records}


def _check_sizes(predicted: Ids, truth: Ids) -> None:
    if predicted.shape != truth.shape:
        (height, width), (true_height, true_width) = predicted.shape, truth.shape
        raise ImageError(
            f"the predicted map is {width} x {height}, the true one {true_width} x {true_height} "
            "(width x height): they must agree"
        )


def print_object_report(console: Console, report: ObjectReport) -> None:
    """What was compared, the figures, and what is amiss."""
    about = [f"predicted objects: {report.predicted}", f"true objects: {report.truth}"]
    print_lines(console, about)
    print_grid(console, object_grid(report.summaries))
    print_lines(console, _notes(report))


def object_grid(summaries: Sequence[ObjectSummary]) -> Grid:
    """A row for each data set."""
    return Grid(HEADS, tuple(tuple(_cells(summary)) for summary in summaries))


def _cells(summary: ObjectSummary) -> list[str]:
    counts = (summary.images, summary.true_objects, summary.predicted_objects)
    figures = (summary.precision, summary.recall, summary.f1, summary.ap50, summary.matched_iou)
    shares = (summary.split, summary.merged)
    return [summary.name, *map(str, counts), *map(number, figures), *map(percent, shares)]


def _notes(report: ObjectReport) -> list[str]:
    lines = []
    if report.missing:
        counted = "left out" if report.skip_missing else "counted as if nothing was found"
        lines += [f"{len(report.missing)} true maps have no prediction, {counted}:"]
        lines += named(report.missing)
    if report.extra:
        lines += [f"{len(report.extra)} predictions have no true map, and are not measured:"]
        lines += named(report.extra)
    if report.failures:
        lines += [f"{len(report.failures)} failed, and are in no figure:"]
        lines += named([f"{failure.image}: {failure.error}" for failure in report.failures])
    return lines


def write_object_json(file: Path, report: ObjectReport) -> None:
    """Writes every figure, whole or not at all. Raises OutputError."""
    text = json.dumps({"schema": SCHEMA, **asdict(report)}, indent=1, default=str, allow_nan=False)
    write_text(file, text + "\n")


def write_object_csv(file: Path, report: ObjectReport) -> None:
    """Writes a line for each photograph, the failed ones included. Raises OutputError."""
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, COLUMNS, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(cells(row) for row in _rows(report))
    write_text(file, buffer.getvalue())


def _rows(report: ObjectReport) -> Iterable[dict[str, Any]]:
    for row in report.figures:
        yield {
            "image": row.image,
            "dataset": row.dataset,
            "true_objects": row.true_objects,
            "predicted_objects": row.predicted_objects,
            "matched": len(row.matched_iou),
            "mean_iou": float(np.mean(row.matched_iou)) if row.matched_iou else "",
            "split": row.split,
            "merged": row.merged,
            "status": "measured",
        }
    for failure in report.failures:
        yield {"image": failure.image, "status": FAILED, "error": failure.error}
