"""Several outputs against the same true masks: one table, with intervals over the same images."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from automask.errors import UsageError
from automask.evaluate.evaluation import Options, Report, evaluate
from automask.evaluate.figures import ImageFigures
from automask.evaluate.worst import Strip, draw, photograph_tiles
from automask.image.metrics import score_counts
from automask.image.write import FOLDERS
from automask.output.run_json import read_run_json, setting
from automask.show.grid import NOTHING, Grid
from automask.show.tiles import black_and_white, grey, sized
from automask.system.files import write_bytes, write_text

RESAMPLES = 2000  # of the images; the ends of the intervals then move by about a hundredth of them
COVERED = 0.95
SEED = 0
SHOWN = 3  # of each output in the sheet: the worst ones, and as many around the median
# Of each image, in the order of the table; differences refer to the first.
FIGURES = ("iou", "dice", "auroc", "average_precision", "boundary", "mae")
HEADS = ("IoU", "Dice", "AUROC", "AP", "outline", "MAE")

# Both ends of the heat map.
LIKELY = (((253, 231, 37), "likely the object"), ((68, 1, 84), "likely not"))

Evaluate = Callable[[Options], Report]


@dataclass(frozen=True)
class Interval:
    """A mean over images, and where it would lie with other images of the same kind."""

    mean: float
    low: float
    high: float


@dataclass(frozen=True)
class OutputFigures:
    """One output. None: it is not known."""

    name: str
    images: int
    figures: Mapping[str, Interval | None]  # by the names of FIGURES
    difference: Interval | None  # of its IoU to that of the first output, on the same images
    seconds: float | None  # of an image, mean
    megabytes: float | None  # of its model's file


@dataclass(frozen=True)
class Several:
    """What is known of all outputs."""

    truth: Path
    rows: tuple[OutputFigures, ...]
    reports: tuple[Report, ...]

    @property
    def exit_code(self) -> int:
        """1 if a pair could not be measured, else 0."""
        return max(report.exit_code for report in self.reports)


def evaluate_several(
    outputs: Sequence[Path], options: Options, measure: Evaluate = evaluate
) -> Several:
    """Measures each output on the images that all of them could be measured on.

    Args:
        outputs: Folders of masks, or outputs of automask; of these, saved probabilities give AUROC
            and average precision.
        options: Of each, but for what is predicted.
        measure: Makes the report of one.

    Raises:
        UsageError: Two have one name, or no image is common to all.
    """
    reports = tuple(measure(_options_of(output, options)) for output in outputs)
    tables = [{row.image: row for row in report.figures} for report in reports]
    common = sorted(set.intersection(*(set(table) for table in tables)))
    if not common:
        raise UsageError(f"no true mask in {options.truth} is measured for all of the outputs")
    drawn = np.random.default_rng(SEED).integers(0, len(common), (RESAMPLES, len(common)))
    every = [
        _per_image(report, [table[image] for image in common])
        for report, table in zip(reports, tables, strict=True)
    ]
    rows = tuple(
        _row(output, report, figures, every[0]["iou"], drawn)
        for output, report, figures in zip(outputs, reports, every, strict=True)
    )
    return Several(options.truth, rows, reports)


def several_grid(several: Several) -> Grid:
    """A row for each output: each figure with its interval."""
    heads = ("output", "images", *HEADS, "IoU to the first", "s/image", "MB")
    rows = tuple(
        (
            row.name,
            str(row.images),
            *(_shown(row.figures[name]) for name in FIGURES),
            _shown(row.difference, "+.3f"),
            NOTHING if row.seconds is None else f"{row.seconds:.2f}",
            NOTHING if row.megabytes is None else f"{row.megabytes:.1f}",
        )
        for row in several.rows
    )
    return Grid(heads, rows)


def write_several_json(file: Path, several: Several) -> None:
    """Every figure with its interval. Raises OutputError."""
    values = {"truth": str(several.truth), "outputs": [asdict(row) for row in several.rows]}
    write_text(file, json.dumps(values, indent=1) + "\n")


def write_sheet(file: Path, several: Several) -> None:
    """The worst and the median images of each output, as PNG.

    Photograph, truth, prediction, and probability as a heat map. Raises OutputError.
    """
    strips = [strip for report in several.reports for strip in _strips(report)]
    data = io.BytesIO()
    draw(strips, LIKELY).save(data, "PNG")
    write_bytes(file, data.getvalue())


def interval(values: NDArray[np.float64], drawn: NDArray[np.int64]) -> Interval | None:
    """The mean of N values and the bootstrap's interval; None where none is known.

    Args:
        values: Of N images; NaN where it is not known: AUROC of a truth without an object.
        drawn: R x N places, each row images drawn with replacement: the same rows for all outputs,
            so that what is compared is compared on the same images.
    """
    is_known = ~np.isnan(values)
    if not is_known.any():
        return None
    counts = np.maximum(is_known[drawn].sum(axis=1), 1)
    means = np.where(is_known, values, 0)[drawn].sum(axis=1) / counts
    low, high = np.quantile(means, [(1 - COVERED) / 2, (1 + COVERED) / 2])
    return Interval(float(values[is_known].mean()), float(low), float(high))


def heat(values: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Probabilities of 0..255, H x W, as colours from dark blue to yellow, H x W x 3 RGB."""
    coloured = cv2.applyColorMap(values, cv2.COLORMAP_VIRIDIS)
    return np.asarray(cv2.cvtColor(coloured, cv2.COLOR_BGR2RGB), np.uint8)


def _options_of(output: Path, options: Options) -> Options:
    saved = output / FOLDERS["probability"]
    scores = saved if saved.is_dir() else None
    return replace(options, predicted=output, scores=scores)


def _per_image(report: Report, rows: Sequence[ImageFigures]) -> dict[str, NDArray[np.float64]]:
    """By figure, a value for each image; NaN where it is not known."""
    known = {
        name: [getattr(row, name) for row in rows] for name in FIGURES if hasattr(rows[0], name)
    }
    known["average_precision"] = _precisions(report, [row.image for row in rows])
    return {name: np.array(values, np.float64) for name, values in known.items()}


def _precisions(report: Report, images: Sequence[str]) -> list[float | None]:
    if report.comparison.scores is None:
        return [None] * len(images)
    pairs = {pair.truth: pair for pair in report.comparison.pairs}
    values = []
    for image in images:
        predicted, truth = report.comparison.read(pairs[image])
        assert predicted.scores is not None
        values.append(score_counts(predicted.scores, truth.mask).average_precision)
    return values


def _row(
    output: Path,
    report: Report,
    figures: Mapping[str, NDArray[np.float64]],
    first: NDArray[np.float64],
    drawn: NDArray[np.int64],
) -> OutputFigures:
    own = figures["iou"]
    seconds = [r.seconds_total for r in report.records.values() if r.seconds_total is not None]
    return OutputFigures(
        name=output.name,
        images=len(own),
        figures={name: interval(figures[name], drawn) for name in FIGURES},
        difference=None if own is first else interval(own - first, drawn),
        seconds=float(np.mean(seconds)) if seconds else None,
        megabytes=_megabytes(output),
    )


def _megabytes(output: Path) -> float | None:
    file = setting(read_run_json(output), "model_file")
    if not isinstance(file, str) or not Path(file).is_file():
        return None
    return Path(file).stat().st_size / 1e6


def _strips(report: Report) -> list[Strip]:
    ordered = sorted(report.figures, key=lambda row: (row.iou, row.image))
    middle = max(0, len(ordered) // 2 - SHOWN // 2)
    chosen = list(dict.fromkeys([*ordered[:SHOWN], *ordered[middle : middle + SHOWN]]))
    pairs = {pair.truth: pair for pair in report.comparison.pairs}
    strips = []
    for figures in chosen:
        predicted, truth = report.comparison.read(pairs[figures.image])
        levels = predicted.scores
        tiles = [
            *photograph_tiles(report, figures.image),
            ("truth", black_and_white(truth.mask)),
            ("prediction", black_and_white(predicted.mask)),
            ("probability", grey(np.zeros_like(predicted.mask, np.uint8)) if levels is None
             else heat(levels)),
        ]  # fmt: skip
        name = report.options.predicted.name
        strips.append(Strip(figures, name, sized(tiles, truth.mask.shape)))
    return strips


def _shown(one: Interval | None, form: str = ".3f") -> str:
    return NOTHING if one is None else f"{one.mean:{form}} [{one.low:{form}}, {one.high:{form}}]"
