"""The report as text."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

from eval_folders import TRIMAP, TRUTH, drawn, folder, save
from rich.console import Console

from automask.evaluate.evaluation import Options, evaluate
from automask.evaluate.table import print_report


def lines_of(predicted: Path, truth: Path, **options: Any) -> list[str]:
    console = Console(file=io.StringIO(), width=300)
    print_report(console, evaluate(Options(predicted, truth, **options)))
    return [line.rstrip() for line in console.file.getvalue().splitlines()]


def line_with(lines: list[str], words: str) -> str:
    (found,) = (line for line in lines if words in line)
    return found


def test_there_is_a_line_for_each_data_set_and_one_for_all(predicted: Path, truth: Path) -> None:
    lines = lines_of(predicted, truth)
    head = lines.index(line_with(lines, "data set"))
    # images, mean IoU, median, > 0.9, < 0.5, Dice, precision, recall, MAE
    assert lines[head + 1].split()[:10] == [
        "a", "2", "0.800", "0.800", "50%", "0%", "0.875", "0.875", "0.875", "0.083",
    ]  # fmt: skip
    assert lines[head + 2].split()[:3] == ["b", "1", "0.000"]
    assert lines[head + 3].split()[:4] == ["together", "3", "0.533", "0.600"]
    assert lines[head + 1].split()[-1] == "-"  # AUROC: masks have no scores


def test_the_conventions_are_said(tmp_path: Path, truth: Path) -> None:
    save(tmp_path / "tri" / "a_1.png", drawn(TRIMAP, 1, 2, 3))
    lines = lines_of(tmp_path / "tri", truth, skip_missing=True)
    assert lines[0].endswith("tri, 1, 2, 3: 1 foreground, 2 background, 3 contour")
    assert lines[1].endswith("true, 0, 255: 255 foreground, 0 background")
    assert lines[2] == "contour pixels count as background"


def test_a_folder_without_contour_says_nothing_about_it(predicted: Path, truth: Path) -> None:
    assert not any(line.startswith("contour") for line in lines_of(predicted, truth))


def test_ignored_contour_is_said_to_be_ignored(tmp_path: Path, truth: Path) -> None:
    save(tmp_path / "tri" / "a_1.png", drawn(TRIMAP, 1, 2, 3))
    lines = lines_of(tmp_path / "tri", truth, contour="ignore")
    assert lines[2] == "contour pixels are ignored"


def test_masks_and_trimaps_of_one_output_have_a_line_each(mixed: Path, truth: Path) -> None:
    lines = lines_of(mixed, truth)
    assert lines[:3] == [
        f"predicted: {mixed / 'masks'}, 0, 255: 255 foreground, 0 background",
        f"predicted: {mixed / 'trimaps'}, 7, 8: 7 foreground, 8 background, 9 contour",
        f"true: {truth}, 0, 255: 255 foreground, 0 background",
    ]


def test_what_is_missing_left_over_or_failed_is_named(predicted: Path, truth: Path) -> None:
    (predicted / "a_1.png").unlink()
    (predicted / "a_2.png").write_bytes(b"no picture")
    folder(predicted, x_1=TRUTH)
    lines = lines_of(predicted, truth)
    at = lines.index("1 true masks have no prediction, counted as an empty mask:")
    assert lines[at + 1] == "  a_1.png"
    at = lines.index("1 predictions have no true mask, and are not measured:")
    assert lines[at + 1] == "  x_1.png"
    at = lines.index("1 failed, and are in no figure:")
    assert lines[at + 1].startswith("  a_2.png: prediction 'a_2.png': not an image")
    assert "1 (1 missing)" in line_with(lines, "a   ")


def test_what_is_left_out_is_said_to_be(predicted: Path, truth: Path) -> None:
    (predicted / "a_1.png").unlink()
    lines = lines_of(predicted, truth, skip_missing=True)
    assert "1 true masks have no prediction, left out:" in lines


def test_of_many_names_the_first_twenty_are_shown(predicted: Path, truth: Path) -> None:
    folder(predicted, **{f"x_{number:02}": TRUTH for number in range(25)})
    lines = lines_of(predicted, truth)
    assert "  x_19.png" in lines
    assert "  x_20.png" not in lines
    assert "  and 5 more" in lines


def test_of_an_output_confidence_and_flags_are_judged(output: Path, truth: Path) -> None:
    lines = lines_of(output, truth)
    assert "3 images have a confidence, 2 of them are bad (IoU below 0.8)" in lines
    # Gaps: 0.9 of a good one, 0.7 and 0.2 of bad ones.
    assert "expected calibration error 0.333" in lines
    # 2.4 of 3 images: the first bad one, and 0.4 of the second.
    assert line_with(lines, "of the bad masks").startswith(
        "70% of the bad masks are among the most"
    )
    # Risks 0, 1/2, 2/3; the best order is the same.
    assert (
        "area under the risk-coverage curve 0.389 (best possible order 0.389, by chance 0.667)"
        in lines
    )
    assert line_with(lines, "0.7 to 0.8").split() == ["0.7", "to", "0.8", "1", "0.700", "0%"]
    assert line_with(lines, "0.5 to 0.6").split() == ["0.5", "to", "0.6", "0", "-", "-"]
    assert line_with(lines, "tiny").split() == ["tiny", "1", "100%", "50%"]


def test_names_are_printed_as_they_are_and_harmless(predicted: Path, truth: Path) -> None:
    folder(predicted, **{"x_[red]\x1b": TRUTH})
    assert "  x_[red]\\x1b.png" in lines_of(predicted, truth)
