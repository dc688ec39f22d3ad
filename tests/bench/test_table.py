"""What is printed."""

from __future__ import annotations

import io
from collections.abc import Callable

from rich.console import Console

from automask.bench.bench import Report
from automask.bench.figures import Measured
from automask.bench.table import print_report
from automask.records import ImageRecord

ReportMaker = Callable[..., Report]
MeasuredMaker = Callable[..., Measured]


def printed(report: Report) -> str:
    console = Console(file=io.StringIO(), width=250)
    print_report(console, report)
    return console.file.getvalue()


def rest_of_lines(text: str, start: str) -> list[str]:
    """What follows `start` in the lines that begin so, a blank between any two words."""
    lines = [" ".join(line.split()) for line in text.splitlines()]
    return [line.removeprefix(start).strip() for line in lines if line.startswith(start)]


def test_the_machine_and_its_devices_come_first(make_report: ReportMaker) -> None:
    lines = printed(make_report()).splitlines()
    assert lines[:2] == ["A Processor, 2 cores, torch 2.4.0+cpu", "cuda:0: A Card"]
    assert lines[2].startswith("2 photographs, each variant 6 masks in 3 rounds")


def test_each_variant_has_its_rate_and_its_time_for_711_images(make_report: ReportMaker) -> None:
    # stock: 2 images in 8, 8 and 9 s; 711 of them take 10 + 711 * 4 s = 2854 s.
    end_to_end, *_ = rest_of_lines(printed(make_report()), "tiny cpu stock")
    assert end_to_end == "float32 2 x 1 900 (800..900) 47 min 34 s"


def test_each_variant_has_the_seconds_of_each_stage(make_report: ReportMaker) -> None:
    _, stages, *_ = rest_of_lines(printed(make_report()), "tiny cpu stock")
    assert stages == "0.100 0.200 0.300 0.010 0.020 0.030 0.700 (0.700..0.700)"


def test_the_cold_start_is_apart_with_the_memory(make_report: ReportMaker) -> None:
    _, _, start, _ = rest_of_lines(printed(make_report()), "tiny cpu stock")
    assert start == "3.0 1.0 6.0 900 MiB -"


def test_ratios_say_what_is_how_many_times_as_fast(make_report: ReportMaker) -> None:
    # 8 / 2, 8 / 2, 9 / 2.
    shown = printed(make_report())
    assert "tiny on cpu: fast is 4.00 (4.00..4.50) times as fast as stock" in shown


def test_the_ratio_of_cpu_and_gpu_names_both(
    make_report: ReportMaker, make_measured: MeasuredMaker
) -> None:
    both = [make_measured("tiny cpu fast", (8.0,)), make_measured("tiny cuda:0 fast", (1.0,))]
    shown = printed(make_report(both, parities=[]))
    assert "tiny, fast: cuda:0 is 8.00 (8.00..8.00) times as fast as cpu" in shown


def test_likeness_of_masks_has_a_line_for_each_pair(make_report: ReportMaker) -> None:
    *_, alike = rest_of_lines(printed(make_report()), "tiny cpu stock")
    assert alike == "tiny cpu fast 2 50% 0.950 0.900 a.jpg"


def test_random_weights_are_marked_as_timing_only(
    make_report: ReportMaker, make_measured: MeasuredMaker
) -> None:
    shown = printed(make_report([make_measured("vit_b cpu fast", is_random=True)], parities=[]))
    assert "vit_b cpu fast *" in shown
    assert "* random weights: timing only" in shown
    assert "random" not in printed(make_report())


def test_failures_are_named_with_their_variant_and_their_error(
    make_report: ReportMaker, make_measured: MeasuredMaker, make_record: Callable[..., ImageRecord]
) -> None:
    failed = make_record(image="[b].jpg", status="failed", error="damaged")
    report = make_report([make_measured(records=(failed,))], parities=[])
    shown = printed(report)
    assert "tiny cpu fast: failed [b].jpg: damaged" in shown
    assert rest_of_lines(shown, "tiny cpu fast")[0].startswith("float32 2 x 1 - -")
    assert report.exit_code == 1
    assert make_report().exit_code == 0


def test_memory_on_the_gpu_is_shown_where_there_is_one(
    make_report: ReportMaker, make_measured: MeasuredMaker
) -> None:
    shown = printed(make_report([make_measured("tiny cuda:0 fast", gpu_memory_mb=1234.0)], []))
    assert "1,234 MiB" in shown
