"""The report as text."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

from automask.bench.bench import Report
from automask.bench.figures import Measured
from automask.bench.summary import (
    ALIKE_IOU,
    COLLECTION,
    STAGES,
    Parity,
    Ratio,
    Spread,
    Summary,
)
from automask.show.console import duration, shown

RANDOM_NOTE = "* random weights: timing only"
NOTHING = "-"


def print_report(console: Console, report: Report) -> None:
    """Print what was measured, end to end and by stage, the ratios, and what failed."""
    rows = list(zip(report.measured, report.summaries, strict=True))
    for line in _about(report):
        console.print(line)
    console.print(_end_to_end(rows))
    console.print(_stages(rows))
    console.print(_start_and_memory(report.measured))
    for ratio in report.ratios:
        console.print(_ratio_line(ratio))
    if report.parities:
        console.print(_parities(report.parities))
    for line in _notes(report.measured):
        console.print(line)


def _about(report: Report) -> list[str]:
    machine = report.machine
    runs = len(report.measured[0].records)
    lines = [f"{machine['cpu']}, {machine['cores']} cores, torch {machine['versions']['torch']}"]
    lines += [f"{name}: {what}" for name, what in machine["devices"].items() if name != "cpu"]
    lines += [
        f"{report.images} photographs, each variant {runs} masks in "
        f"{len(report.measured[0].turns)} rounds; median (lowest..highest)"
    ]
    return [shown(line) for line in lines]


def _end_to_end(rows: Sequence[tuple[Measured, Summary]]) -> Table:
    heads = ("dtype", "workers", "images/h, by round", f"{COLLECTION} images take")
    table = Table("end to end", *heads, box=None)
    for measured, summary in rows:
        seconds = summary.seconds_collection
        table.add_row(
            _name(measured),
            measured.dtype,
            f"{measured.workers} x {measured.threads}",
            _spread(summary.images_per_hour, "{:,.0f}"),
            NOTHING if seconds is None else duration(seconds),
        )
    return table


def _start_and_memory(measured: Sequence[Measured]) -> Table:
    memory = ("memory a process", "of the GPU")
    table = Table("cold start, s", "import", "load", "first image", *memory, box=None)
    for m in measured:
        cold = m.cold_start
        parts = (cold.seconds_import, cold.seconds_load, cold.seconds_first_image)
        seconds = (f"{part:.1f}" for part in parts)
        table.add_row(_name(m), *seconds, _megabytes(m.memory_mb), _megabytes(m.gpu_memory_mb))
    return table


def _stages(rows: Sequence[tuple[Measured, Summary]]) -> Table:
    table = Table("seconds an image", *STAGES, "in one worker", box=None)
    for measured, summary in rows:
        medians = (summary.stages.get(stage) for stage in STAGES)
        cells = (NOTHING if values is None else f"{values.median:.3f}" for values in medians)
        table.add_row(_name(measured), *cells, _spread(summary.stages.get("total"), "{:.3f}"))
    return table


def _parities(parities: Sequence[Parity]) -> Table:
    heads = ("against", "images", f"IoU >= {ALIKE_IOU}", "mean", "worst", "")
    table = Table("the same masks?", *heads, box=None)
    for parity in parities:
        table.add_row(
            shown(parity.first.name),
            shown(parity.second.name),
            str(parity.images),
            f"{parity.share_alike:.0%}",
            f"{parity.mean_iou:.3f}",
            f"{parity.worst_iou:.3f}",
            shown(parity.worst_image),
        )
    return table


def _ratio_line(ratio: Ratio) -> str:
    reference, other = ratio.reference, ratio.other
    if ratio.differ_in == "generator":
        where, than, what = f"{other.model} on {other.device}", reference.generator, other.generator
    else:
        where, than, what = f"{other.model}, {other.generator}", reference.device, other.device
    times = _spread(ratio.times_as_fast, "{:.2f}")
    return shown(f"{where}: {what} is {times} times as fast as {than}")


def _notes(measured: Sequence[Measured]) -> list[str]:
    lines = [RANDOM_NOTE] if any(m.is_random for m in measured) else []
    for m in measured:
        failures = (f"failed {image}: {error}" for image, error in m.failures)
        lines += [shown(f"{m.variant.name}: {failure}") for failure in failures]
    return lines


def _name(measured: Measured) -> str:
    return shown(measured.variant.name) + (" *" if measured.is_random else "")


def _spread(values: Spread | None, form: str) -> str:
    if values is None:
        return NOTHING
    median, low, high = (form.format(v) for v in (values.median, values.low, values.high))
    return f"{median} ({low}..{high})"


def _megabytes(size: float | None) -> str:
    return NOTHING if size is None else f"{size:,.0f} MiB"
