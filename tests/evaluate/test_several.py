"""Several outputs against the same truth. In a drawing # is the object; see eval_folders.py."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from eval_folders import EMPTY, MOVED, TRUTH, folder, save
from PIL import Image

from automask.commands.eval import sides
from automask.errors import UsageError
from automask.evaluate.evaluation import Options
from automask.evaluate.several import (
    evaluate_several,
    heat,
    interval,
    several_grid,
    write_several_json,
    write_sheet,
)


@pytest.fixture
def options(tmp_path: Path) -> Options:
    truth = folder(tmp_path / "truth", a=TRUTH, b=TRUTH)
    return Options(predicted=tmp_path, truth=truth)


def test_each_output_has_a_row_and_its_difference_to_the_first(
    tmp_path: Path, options: Options
) -> None:
    right = folder(tmp_path / "right", a=TRUTH, b=TRUTH)
    moved = folder(tmp_path / "moved", a=MOVED, b=MOVED)
    first, second = evaluate_several([moved, right], options).rows
    assert (first.name, first.images, first.difference) == ("moved", 2, None)
    assert first.figures["iou"] is not None
    assert first.figures["iou"].mean == pytest.approx(0.6)
    assert second.difference is not None
    assert second.difference.mean == second.difference.low == pytest.approx(0.4)


def test_only_images_that_all_outputs_have_are_counted(tmp_path: Path, options: Options) -> None:
    whole = folder(tmp_path / "whole", a=TRUTH, b=EMPTY)
    part = folder(tmp_path / "part", a=TRUTH)
    asked = Options(predicted=tmp_path, truth=options.truth, skip_missing=True)
    assert [row.images for row in evaluate_several([whole, part], asked).rows] == [1, 1]


def test_probabilities_give_auroc_and_average_precision(tmp_path: Path, options: Options) -> None:
    run = folder(tmp_path / "run", a=TRUTH, b=TRUTH)
    levels = np.where(np.array([[c == "#" for c in row] for row in TRUTH]), 200, 50)
    for name in "ab":
        save(run / "probabilities" / f"{name}.png", levels.astype(np.uint8))
        (run / f"{name}.png").rename(run / f"{name}.tmp")
        save(run / "masks" / f"{name}.png", (levels > 100).astype(np.uint8) * 255)
        (run / f"{name}.tmp").unlink()
    (run / "records").mkdir()
    row = evaluate_several([run, run], options).rows[0]
    for figure in ("auroc", "average_precision"):
        assert row.figures[figure] is not None
        assert row.figures[figure].mean == 1.0


def test_without_probabilities_they_are_not_known(tmp_path: Path, options: Options) -> None:
    masks = folder(tmp_path / "masks", a=TRUTH, b=TRUTH)
    cells = several_grid(evaluate_several([masks, masks], options)).rows[0]
    assert cells[:3] == ("masks", "2", "1.000 [1.000, 1.000]")
    assert cells[4:6] == ("-", "-")


def test_an_interval_is_as_wide_as_the_images_differ() -> None:
    drawn = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
    found = interval(np.array([0.0, 1.0]), drawn)
    assert found is not None
    assert (found.mean, round(found.low, 2), round(found.high, 2)) == (0.5, 0.04, 0.96)


def test_what_is_not_known_of_one_image_is_left_out_of_the_mean() -> None:
    found = interval(np.array([np.nan, 0.8]), np.array([[0, 1], [1, 1]]))
    assert found is not None
    assert (found.mean, found.low) == (0.8, 0.8)


def test_json_and_sheet_are_written(tmp_path: Path, options: Options) -> None:
    several = evaluate_several([folder(tmp_path / "m", a=MOVED, b=TRUTH)] * 2, options)
    write_several_json(tmp_path / "all.json", several)
    told = json.loads((tmp_path / "all.json").read_text())
    assert told["outputs"][0]["figures"]["iou"]["mean"] == pytest.approx(0.8)
    write_sheet(tmp_path / "sheet.png", several)
    with Image.open(tmp_path / "sheet.png") as image:
        assert image.width > 800


def test_what_is_likely_is_bright() -> None:
    dark, bright = heat(np.array([[0, 255]], np.uint8))[0].sum(axis=1)
    assert dark < 200 < 400 < bright


def test_two_folders_are_a_prediction_and_its_truth() -> None:
    assert sides([Path("a"), Path("b")], None) == ([Path("a")], Path("b"))
    assert sides([Path("a"), Path("b")], Path("t")) == ([Path("a"), Path("b")], Path("t"))
    with pytest.raises(UsageError, match="several PREDICTED with --truth"):
        sides([Path("a"), Path("b"), Path("c")], None)
