"""The page of a training."""

from __future__ import annotations

import re
from pathlib import Path

from automask.train.curve import curve_page, write_curve
from automask.train.loop import Round

ROUNDS = (
    Round(20, 2.0, 1.0, 0.5, 1e-3, 10.0),
    Round(40, 4.0, 0.25, 0.75, 5e-4, 20.0),
)


def test_the_page_tells_the_best_round_and_draws_each() -> None:
    page = curve_page("student", ROUNDS, "iou", 100)
    assert "40 of 100 steps; best validation iou 0.750 at step 40" in page
    assert page.count("<polyline") == 2
    loss = re.search(r'<polyline points="([^"]*)"', page)
    assert loss is not None
    assert loss[1] == "152.0,40.0 264.0,145.0"  # of 560 px 20 and 40 %; of 140 px all and 25 %


def test_the_page_looks_again_until_the_end() -> None:
    assert 'http-equiv="refresh"' in curve_page("student", ROUNDS, "iou", 100)
    assert 'http-equiv="refresh"' not in curve_page("student", ROUNDS, "iou", 40)


def test_the_page_needs_nothing_else() -> None:
    page = curve_page("student", ROUNDS, "iou", 40)
    assert not re.search(r"<script|<link|src=|url\(|https?://", page)


def test_a_name_cannot_write_into_the_page() -> None:
    assert "<b>" not in curve_page("<b>", ROUNDS, "iou", 40)


def test_the_table_has_a_line_for_each_round(tmp_path: Path) -> None:
    write_curve(tmp_path, ROUNDS, "iou", 40)
    assert (tmp_path / "curve.csv").read_text().splitlines() == [
        "step,epoch,loss,figure,rate,seconds",
        "20,2.0,1.0,0.5,0.001,10.0",
        "40,4.0,0.25,0.75,0.0005,20.0",
    ]
