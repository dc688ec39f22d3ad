"""An evaluation from two folders to a report: match, infer conventions, measure, summarise."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np

from automask.config import MAX_PIXELS
from automask.errors import ExitCode, ImageError, UsageError
from automask.evaluate.conventions import (
    ContourAs,
    Convention,
    Labels,
    check,
    decode,
    infer_convention,
    occurring_values,
    parse_convention,
)
from automask.evaluate.figures import (
    MEASURED,
    MISSING,
    ImageFigures,
    Summary,
    check_sizes,
    measure,
    summaries,
)
from automask.evaluate.folders import MaskFolder, Pair, mask_folder, match
from automask.evaluate.read import read_values
from automask.evaluate.trust import Trust, trust
from automask.image.names import normal
from automask.image.results import mended_kinds, source_of
from automask.output.ledger import load_records
from automask.output.run_json import max_pixels, read_run_json
from automask.records import ImageRecord


@dataclass(frozen=True)
class Options:
    """The options of the command line."""

    predicted: Path
    truth: Path
    predicted_values: str | None = None  # see parse_convention; None: inferred from the files
    truth_values: str | None = None
    contour: ContourAs = "background"
    skip_missing: bool = False  # leave truths without a prediction out of the figures
    scores: Path | None = None  # folder of 8-bit maps, for AUROC and mean absolute error
    images: Path | None = None  # photographs, for the pictures
    max_pixels: int | None = None  # of a mask; None: as the outputs' runs had it

    @cached_property
    def most_pixels(self) -> int:
        """Of a mask, whichever side it is of: both are as large as the photograph."""
        if self.max_pixels is not None:
            return self.max_pixels
        runs = filter(None, map(read_run_json, (self.predicted, self.truth)))
        return max(map(max_pixels, runs), default=MAX_PIXELS)


@dataclass(frozen=True)
class Side:
    """One of the two folders, and how its files are read."""

    name: str  # of one of its files: prediction, or true mask
    root: Path
    convention: Convention
    values: tuple[int, ...]  # that occur in the files compared
    files: frozenset[str] = frozenset()  # those files
    trimaps: Side | None = None  # of an output: images that have a trimap where others have a mask
    max_pixels: int = MAX_PIXELS

    @property
    def parts(self) -> tuple[Side, ...]:
        """The files by convention: masks, and trimaps where there are any."""
        rest = () if self.trimaps is None else (self.trimaps,)
        return tuple(part for part in (self, *rest) if part.values)

    def part(self, file: str) -> Side:
        """The part whose convention a file has."""
        if self.trimaps is not None and file in self.trimaps.files:
            return self.trimaps
        return self


@dataclass(frozen=True)
class Failure:
    """A pair that could not be measured."""

    image: str  # the true mask's relative path
    error: str


Outcome = ImageFigures | Failure
Track = Callable[[Iterable[Outcome], int], Iterable[Outcome]]


@dataclass(frozen=True)
class Comparison:
    """The two folders and how their files are read."""

    predicted: Side
    truth: Side
    scores: MaskFolder | None
    contour: ContourAs
    pairs: tuple[Pair, ...]

    def read(self, pair: Pair) -> tuple[Labels, Labels]:
        """Prediction and truth, of one size; a missing prediction is empty. Raises ImageError."""
        truth = _read(self.truth, pair.truth, self.contour)
        predicted = self._predicted(pair, truth)
        check_sizes(predicted, truth)
        return predicted, truth

    def _predicted(self, pair: Pair, truth: Labels) -> Labels:
        if pair.predicted is None:
            nothing = np.zeros(truth.mask.shape, np.uint8)
            has_scores = self.scores is not None or self.predicted.convention.is_levels
            return Labels(nothing > 0, scores=nothing if has_scores else None)
        labels = _read(self.predicted, pair.predicted, self.contour)
        if self.scores is None:
            return labels
        file = self.scores.files.get(pair.stem)
        if file is None:
            raise ImageError(f"no scores for it in {self.scores.root}")
        return replace(labels, scores=read_values(self.scores.root / file, self.truth.max_pixels))


@dataclass(frozen=True)
class Report:
    """The result of an evaluation."""

    options: Options
    comparison: Comparison
    figures: tuple[ImageFigures, ...]  # one for each image measured, missing ones included
    summaries: tuple[Summary, ...]  # by data set, and together
    missing: tuple[str, ...]  # true masks without a prediction
    extra: tuple[str, ...]  # predictions without a true mask
    failures: tuple[Failure, ...]
    records: dict[str, ImageRecord]  # by the true mask's path; empty for masks of others
    trust: Trust | None  # None: there are no records

    @property
    def exit_code(self) -> int:
        """1 if a pair could not be measured, else 0."""
        return ExitCode.SOME_FAILED if self.failures else ExitCode.OK


def evaluate(options: Options, track: Track = lambda outcomes, _total: outcomes) -> Report:
    """Measure a folder of masks against the true ones.

    Args:
        options: The options of the command line.
        track: Wraps the outcomes, given their number, to show progress.

    Returns:
        The report; faults of single files are failures in it.

    Raises:
        UsageError: The folders or their values cannot be compared at all.
    """
    if options.images is not None and not options.images.is_dir():
        raise UsageError(f"--images {options.images} is no folder")
    predicted, truth = mask_folder(options.predicted), mask_folder(options.truth)
    matches = match(predicted, truth)
    missing = tuple(pair.truth for pair in matches.pairs if pair.predicted is None)
    pairs = tuple(p for p in matches.pairs if p.predicted is not None or not options.skip_missing)
    comparison = _compare(options, predicted, truth, pairs)
    outcomes = list(track((_outcome(comparison, pair) for pair in pairs), len(pairs)))
    figures = tuple(one for one in outcomes if isinstance(one, ImageFigures))
    failures = tuple(one for one in outcomes if isinstance(one, Failure))
    if not figures:
        raise UsageError(f"nothing could be measured; {failures[0].image!a}: {failures[0].error}")
    records = _records(predicted, pairs)
    return Report(
        options=options,
        comparison=comparison,
        figures=figures,
        summaries=summaries(figures),
        missing=missing,
        extra=matches.extra,
        failures=failures,
        records=records,
        trust=_trust(records, figures),
    )


def _compare(
    options: Options, predicted: MaskFolder, truth: MaskFolder, pairs: tuple[Pair, ...]
) -> Comparison:
    ours = [pair.predicted for pair in pairs if pair.predicted is not None]
    theirs = [pair.truth for pair in pairs]
    most = options.most_pixels
    return Comparison(
        predicted=_side(
            "prediction", predicted, ours, options.predicted_values, "--predicted-values", most
        ),
        truth=_side("true mask", truth, theirs, options.truth_values, "--truth-values", most),
        scores=None if options.scores is None else mask_folder(options.scores),
        contour=options.contour,
        pairs=pairs,
    )


def _side(
    name: str,
    folder: MaskFolder,
    files: Sequence[str],
    asked: str | None,
    option: str,
    most_pixels: int,
) -> Side:
    """asked: what the values mean; of masks alone, where other images have trimaps."""
    rest = set() if folder.trimaps is None else set(folder.trimaps.files.values())
    side = _part(name, folder, [f for f in files if f not in rest], asked, option, most_pixels)
    if folder.trimaps is not None:
        beside = [file for file in files if file in rest]
        side = replace(side, trimaps=_part(name, folder.trimaps, beside, None, option, most_pixels))
    if not side.parts:
        raise UsageError(f"none of the {len(files)} files in {folder.root} can be read as a mask")
    return side


def _part(
    name: str,
    folder: MaskFolder,
    files: Sequence[str],
    asked: str | None,
    option: str,
    most_pixels: int,
) -> Side:
    convention = parse_convention(asked, option) if asked is not None else folder.convention
    found = ((file, _values_of(folder.root / file, most_pixels)) for file in files)
    by_file = {file: values for file, values in found if values}
    if convention is None:
        convention = infer_convention(by_file, option)
    else:
        check(by_file, convention, "the output's run.json" if asked is None else option)
    values = tuple(sorted(set().union(*by_file.values())))
    return Side(name, folder.root, convention, values, frozenset(files), max_pixels=most_pixels)


def _values_of(file: Path, most_pixels: int) -> tuple[int, ...]:
    """The values of a file; none if it cannot be read, which measuring it will report."""
    try:
        return occurring_values(read_values(file, most_pixels))
    except ImageError:
        return ()


def _outcome(comparison: Comparison, pair: Pair) -> Outcome:
    status = MISSING if pair.predicted is None else MEASURED
    try:
        return measure(pair.truth, *comparison.read(pair), status)
    except ImageError as error:
        return Failure(pair.truth, str(error))


def _read(side: Side, file: str, contour: ContourAs) -> Labels:
    part = side.part(file)
    try:
        values = read_values(part.root / file, part.max_pixels)
    except ImageError as error:  # it names the file, which has the same name in both folders
        raise ImageError(f"{part.name} {error}") from error
    return decode(values, part.convention, contour)


def _records(predicted: MaskFolder, pairs: Iterable[Pair]) -> dict[str, ImageRecord]:
    """The records of the masks compared, by the true mask's path."""
    if predicted.output is None:
        return {}
    output = predicted.output
    by_stem = {normal(record.stem or ""): record for record in load_records(output).values()}
    known = {
        pair.truth: by_stem[pair.stem]
        for pair in pairs
        if pair.predicted is not None and pair.stem in by_stem
    }
    return {truth: _as_it_is_now(output, record) for truth, record in known.items()}


def _as_it_is_now(output: Path, record: ImageRecord) -> ImageRecord:
    """Without the confidence, which is of the machine's mask, where a person has mended it."""
    is_mended = source_of(mended_kinds(output, record)) is not None
    return replace(record, confidence=None, flags=()) if is_mended else record


def _trust(records: dict[str, ImageRecord], figures: Iterable[ImageFigures]) -> Trust | None:
    known = [
        (record.confidence, row.iou, record.flags)
        for row in figures
        if (record := records.get(row.image)) is not None and record.confidence is not None
    ]
    if not known:
        return None
    confidences, ious, flags = zip(*known, strict=True)
    return trust(confidences, ious, flags)
