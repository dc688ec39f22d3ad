"""The picture: what is drawn, in which files."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from automask.bench.bench import Report
from automask.bench.figures import Measured
from automask.bench.picture import draw, write_picture
from automask.records import ImageRecord

pytest.importorskip("matplotlib", reason="matplotlib, which draws the picture, is not installed")

ReportMaker = Callable[..., Report]
MeasuredMaker = Callable[..., Measured]


def texts(axes: Any) -> list[str]:
    return [text.get_text().strip() for text in axes.texts]


def test_a_png_and_an_svg_are_written_whichever_is_named(
    tmp_path: Path, make_report: ReportMaker
) -> None:
    for name in ("bench.png", "bench.svg"):
        files = write_picture(tmp_path / name, make_report())
        assert files == [tmp_path / "bench.png", tmp_path / "bench.svg"]
    assert files[0].read_bytes().startswith(b"\x89PNG")
    assert b"<svg" in files[1].read_bytes()
    assert sorted(p.name for p in tmp_path.iterdir()) == ["bench.png", "bench.svg"]


def test_each_generator_has_a_bar_of_its_stages(make_report: ReportMaker) -> None:
    (axes,) = draw(make_report()).axes
    assert axes.get_title(loc="left") == "tiny on A Processor: workers x threads 2 x 1"
    assert [label.get_text() for label in axes.get_yticklabels()] == ["stock", "fast"]
    # load 0.1 + encode 0.2 + decode 0.3 + choose 0.01 + refine 0.02 + write 0.03
    ends = [bar.get_x() + bar.get_width() for bar in axes.containers[-1]]
    assert ends == pytest.approx([0.66, 0.66])
    assert texts(axes) == ["0.700 s, 900 images/h", "0.700 s, 3,600 images/h"]


def test_every_device_has_a_panel_with_a_scale_of_its_own(
    make_report: ReportMaker, make_measured: MeasuredMaker
) -> None:
    names = ("tiny cpu stock", "tiny cpu fast", "tiny cuda:0 stock", "tiny cuda:0 fast")
    figure = draw(make_report([make_measured(name) for name in names]))
    titles = [axes.get_title(loc="left").partition(":")[0] for axes in figure.axes]
    assert titles == ["tiny on A Processor", "tiny on A Card"]


def test_random_weights_are_marked(make_report: ReportMaker, make_measured: MeasuredMaker) -> None:
    (axes,) = draw(make_report([make_measured("vit_b cpu fast", is_random=True)], [])).axes
    assert axes.get_title(loc="left").endswith("random weights: timing only")


def test_a_variant_whose_images_all_failed_has_no_bar(
    make_report: ReportMaker, make_measured: MeasuredMaker, make_record: Callable[..., ImageRecord]
) -> None:
    failed = make_record(status="failed", error="damaged")
    (axes,) = draw(make_report([make_measured(records=(failed,))], [])).axes
    assert texts(axes) == ["every image failed"]
