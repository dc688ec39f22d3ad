"""The report as JSON."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from automask.bench.bench import Report
from automask.bench.report import write_json
from automask.errors import OutputError

ReportMaker = Callable[..., Report]


def test_the_file_holds_every_figure(tmp_path: Path, make_report: ReportMaker) -> None:
    write_json(tmp_path / "bench.json", make_report())
    found = json.loads((tmp_path / "bench.json").read_text())
    assert found["schema"] == 1
    assert found["machine"]["devices"]["cuda:0"] == "A Card"
    assert found["options"]["images"] == "photos"
    stock, fast = found["variants"]
    assert (stock["name"], stock["model"], stock["device"]) == ("tiny cpu stock", "tiny", "cpu")
    assert stock["images_per_hour"] == {"median": 900.0, "low": 800.0, "high": 900.0}
    assert stock["cold_start"]["seconds_first_image"] == 6.0
    assert fast["stages"]["decode"]["median"] == 0.3
    assert fast["random_weights"] is False
    assert fast["generator_settings"] == {"points_per_side": 32}
    (ratio,) = found["ratios"]
    assert (ratio["reference"], ratio["other"]) == ("tiny cpu stock", "tiny cpu fast")
    (parity,) = found["parity"]
    assert (parity["share_alike"], parity["worst_image"]) == (0.5, "a.jpg")


def test_the_file_has_a_row_for_each_image_of_each_round(
    tmp_path: Path, make_report: ReportMaker
) -> None:
    write_json(tmp_path / "bench.json", make_report())
    stock = json.loads((tmp_path / "bench.json").read_text())["variants"][0]
    assert [turn["seconds_wall"] for turn in stock["rounds"]] == [8.0, 8.0, 9.0]
    rows = [row for turn in stock["rounds"] for row in turn["records"]]
    assert [row["image"] for row in rows] == ["a.jpg", "b.jpg"] * 3
    assert rows[0]["seconds_encode"] == 0.2


def test_a_file_that_cannot_be_written_leaves_the_old_one_whole(
    tmp_path: Path, make_report: ReportMaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "bench.json"
    file.write_text("the old one")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OutputError, match=r"bench\.json: No space left"):
        write_json(file, make_report())
    assert file.read_text() == "the old one"
    assert os.listdir(tmp_path) == ["bench.json"]
