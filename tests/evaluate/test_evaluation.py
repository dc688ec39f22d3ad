"""From two folders to a report: what is measured, missing, left over or failed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from eval_folders import EMPTY, MOVED, TRIMAP, TRUTH, drawn, folder, masked, save

from automask.config import MAX_PIXELS
from automask.errors import UsageError
from automask.evaluate.conventions import LEVELS, Convention
from automask.evaluate.evaluation import Options, Report, evaluate


def report_of(predicted: Path, truth: Path, **options: Any) -> Report:
    return evaluate(Options(predicted, truth, **options))


def ious(report: Report) -> dict[str, float]:
    return {row.image: row.iou for row in report.figures}


# What is measured


def test_each_pair_is_measured(predicted: Path, truth: Path) -> None:
    report = report_of(predicted, truth)
    assert ious(report) == {"a_1.png": 1, "a_2.png": 0.6, "b_1.png": 0}
    assert [(s.name, s.iou) for s in report.summaries] == [
        ("a", 0.8),
        ("b", 0),
        ("together", pytest.approx(1.6 / 3)),
    ]
    assert (report.missing, report.extra, report.failures) == ((), (), ())
    assert report.exit_code == 0


@pytest.mark.parametrize(
    "labels", [(255, 0, 128), (1, 0, 0), (1, 2, 3)], ids=["0/255", "0/1", "1/2/3"]
)
def test_the_figures_do_not_depend_on_the_convention(
    tmp_path: Path, truth: Path, labels: tuple[int, int, int]
) -> None:
    save(tmp_path / "other" / "a_2.png", drawn(MOVED, *labels))
    report = report_of(tmp_path / "other", truth, skip_missing=True)
    assert ious(report) == {"a_2.png": 0.6}


def test_the_conventions_of_both_folders_are_told(tmp_path: Path, truth: Path) -> None:
    save(tmp_path / "tri" / "a_1.png", drawn(TRIMAP, 1, 2, 3))
    comparison = report_of(tmp_path / "tri", truth).comparison
    assert comparison.predicted.convention == Convention(1, 2, 3)
    assert comparison.predicted.values == (1, 2, 3)
    assert comparison.truth.convention == Convention(255, 0)


@pytest.mark.parametrize(
    ("contour", "iou"), [("background", 4 / 8), ("foreground", 1.0), ("ignore", 1.0)]
)
def test_a_contour_counts_as_it_is_told_to(
    tmp_path: Path, truth: Path, contour: str, iou: float
) -> None:
    # The drawing's contour is the outer half of the object.
    save(tmp_path / "tri" / "a_1.png", drawn(TRIMAP, 1, 2, 3))
    report = report_of(tmp_path / "tri", truth, contour=contour, skip_missing=True)
    assert ious(report) == {"a_1.png": iou}


def test_a_forced_convention_is_not_told_from_the_values(tmp_path: Path, truth: Path) -> None:
    # Black objects on white.
    save(tmp_path / "black" / "a_1.png", drawn(TRUTH, 0, 255))
    report = report_of(tmp_path / "black", truth, predicted_values="0,255", skip_missing=True)
    assert ious(report) == {"a_1.png": 1}


def test_values_that_fit_nothing_stop_it_with_the_option_that_helps(
    tmp_path: Path, truth: Path
) -> None:
    save(tmp_path / "odd" / "a_1.png", np.array([[0, 3, 7]], np.uint8))
    with pytest.raises(UsageError, match=r"'a_1\.png' has 0, 3, 7.*--predicted-values"):
        report_of(tmp_path / "odd", truth)


def test_values_of_files_that_are_not_compared_do_not_matter(predicted: Path, truth: Path) -> None:
    save(predicted / "x.png", np.array([[0, 3, 7]], np.uint8))
    assert report_of(predicted, truth).extra == ("x.png",)


# Scores


def ramp(rows: tuple[str, ...]) -> np.ndarray:
    """Levels of many values: 200 and more on the object, below 50 beside it."""
    shade = np.arange(24, dtype=np.uint8).reshape(4, 6)
    return np.where(masked(rows), 200 + shade, shade).astype(np.uint8)


def test_grey_levels_are_scores(tmp_path: Path, truth: Path) -> None:
    save(tmp_path / "levels" / "a_1.png", ramp(TRUTH))
    report = report_of(tmp_path / "levels", truth, skip_missing=True)
    assert report.comparison.predicted.convention == LEVELS
    (row,) = report.figures
    assert (row.iou, row.auroc) == (1, 1)
    scores = ramp(TRUTH) / 255
    assert row.mae == pytest.approx(np.abs(scores - masked(TRUTH)).mean())


def test_scores_may_lie_beside_the_masks(tmp_path: Path, predicted: Path, truth: Path) -> None:
    for name in ("a_1", "a_2", "b_1"):
        save(tmp_path / "scores" / f"{name}.png", ramp(TRUTH))
    report = report_of(predicted, truth, scores=tmp_path / "scores")
    assert [(row.iou, row.auroc) for row in report.figures] == [(1, 1), (0.6, 1), (0, 1)]


def test_a_prediction_without_its_scores_fails(
    tmp_path: Path, predicted: Path, truth: Path
) -> None:
    for name in ("a_1", "a_2"):
        save(tmp_path / "scores" / f"{name}.png", ramp(TRUTH))
    (failure,) = report_of(predicted, truth, scores=tmp_path / "scores").failures
    assert failure.image == "b_1.png"
    assert "no scores for it in" in failure.error


def test_a_missing_prediction_scores_nothing_anywhere(tmp_path: Path, truth: Path) -> None:
    save(tmp_path / "levels" / "a_1.png", ramp(TRUTH))
    rows = {row.image: row for row in report_of(tmp_path / "levels", truth).figures}
    assert (rows["b_1.png"].status, rows["b_1.png"].auroc) == ("missing", 0.5)


# What is not there


def test_a_missing_prediction_counts_as_an_empty_mask(predicted: Path, truth: Path) -> None:
    (predicted / "a_2.png").unlink()
    report = report_of(predicted, truth)
    assert report.missing == ("a_2.png",)
    assert ious(report)["a_2.png"] == 0
    assert (report.summaries[0].images, report.summaries[0].missing) == (2, 1)
    assert report.exit_code == 0


def test_a_missing_prediction_can_be_left_out(predicted: Path, truth: Path) -> None:
    (predicted / "a_2.png").unlink()
    report = report_of(predicted, truth, skip_missing=True)
    assert report.missing == ("a_2.png",)
    assert ious(report) == {"a_1.png": 1, "b_1.png": 0}


def test_a_missing_prediction_of_an_empty_truth_is_right(predicted: Path, truth: Path) -> None:
    folder(truth, c_1=EMPTY)
    assert ious(report_of(predicted, truth))["c_1.png"] == 1


def test_a_prediction_without_a_truth_is_named_and_not_measured(
    predicted: Path, truth: Path
) -> None:
    folder(predicted, x_1=TRUTH)
    report = report_of(predicted, truth)
    assert report.extra == ("x_1.png",)
    assert len(report.figures) == 3


# What fails


def test_a_file_of_another_size_fails_alone(predicted: Path, truth: Path) -> None:
    save(predicted / "a_2.png", np.zeros((5, 7), np.uint8))
    report = report_of(predicted, truth)
    (failure,) = report.failures
    assert failure.image == "a_2.png"
    assert "prediction is 7 x 5, the true mask 6 x 4" in failure.error
    assert ious(report) == {"a_1.png": 1, "b_1.png": 0}
    assert report.exit_code == 1


@pytest.mark.parametrize("side", ["predicted", "truth"])
def test_a_file_that_cannot_be_read_fails_alone(predicted: Path, truth: Path, side: str) -> None:
    root = predicted if side == "predicted" else truth
    (root / "a_2.png").write_bytes(b"no picture")
    report = report_of(predicted, truth)
    (failure,) = report.failures
    kind = "prediction" if side == "predicted" else "true mask"
    assert failure.image == "a_2.png"
    assert failure.error.startswith(f"{kind} 'a_2.png': not an image")
    assert ious(report) == {"a_1.png": 1, "b_1.png": 0}
    assert report.exit_code == 1


def test_where_every_file_fails_there_is_nothing_to_report(tmp_path: Path, truth: Path) -> None:
    save(tmp_path / "small" / "a_1.png", np.zeros((2, 2), np.uint8))
    with pytest.raises(UsageError, match=r"nothing could be measured; 'a_1\.png': the prediction"):
        report_of(tmp_path / "small", truth, skip_missing=True)


def test_a_folder_of_photographs_is_no_folder_of_masks(tmp_path: Path, truth: Path) -> None:
    save(tmp_path / "photos" / "a_1.png", np.full((4, 6, 3), (200, 30, 30), np.uint8))
    with pytest.raises(UsageError, match=r"none of the 1 files in .*photos can be read as a mask"):
        report_of(tmp_path / "photos", truth)


def test_photographs_that_are_not_there_are_told_before_the_work(
    predicted: Path, truth: Path
) -> None:
    with pytest.raises(UsageError, match=r"--images .* is no folder"):
        report_of(predicted, truth, images=truth / "none")


# An output of automask


def test_masks_of_others_have_no_records(predicted: Path, truth: Path) -> None:
    report = report_of(predicted, truth)
    assert (report.records, report.trust) == ({}, None)


def test_of_an_output_the_confidence_is_read(output: Path, truth: Path) -> None:
    report = report_of(output, truth)
    assert {image: r.confidence for image, r in report.records.items()} == {
        "a_1.png": 0.9,
        "a_2.png": 0.7,
        "b_1.png": 0.2,
    }
    assert report.trust is not None
    assert (report.trust.images, report.trust.bad) == (3, 2)
    (tiny,) = report.trust.detectors
    assert (tiny.flag, tiny.precision, tiny.recall) == ("tiny", 1, 1 / 2)


def test_where_only_some_images_have_a_mask_the_others_trimaps_are_measured(
    mixed: Path, truth: Path
) -> None:
    report = report_of(mixed, truth)
    assert ious(report) == {"a_1.png": 1, "a_2.png": 0.6, "b_1.png": 1}
    assert (report.missing, len(report.records)) == ((), 3)
    masks, trimaps = report.comparison.predicted.parts
    assert (masks.convention, trimaps.convention) == (Convention(255, 0), Convention(7, 8, 9))


def test_values_that_are_forced_are_those_of_masks(mixed: Path, truth: Path) -> None:
    assert ious(report_of(mixed, truth, predicted_values="255"))["b_1.png"] == 1


def test_an_unreadable_trimap_among_masks_costs_itself_alone(mixed: Path, truth: Path) -> None:
    (mixed / "trimaps" / "b_1.png").write_bytes(b"torn")
    report = report_of(mixed, truth)
    assert [failure.image for failure in report.failures] == ["b_1.png"]
    assert len(report.comparison.predicted.parts) == 1


def test_true_masks_may_lie_in_such_an_output_too(mixed: Path, predicted: Path) -> None:
    assert ious(report_of(predicted, mixed)) == {"a_1.png": 1, "a_2.png": 1, "b_1.png": 0}


def test_an_image_whose_mask_was_deleted_says_nothing_about_confidence(
    output: Path, truth: Path
) -> None:
    (output / "masks" / "b_1.png").unlink()
    report = report_of(output, truth)
    assert report.missing == ("b_1.png",)
    assert report.trust is not None
    assert report.trust.images == 2


def test_progress_is_told_what_comes_and_how_many(predicted: Path, truth: Path) -> None:
    seen = []

    def track(outcomes: Any, total: int) -> Any:
        for outcome in outcomes:
            seen.append((outcome.image, total))
            yield outcome

    evaluate(Options(predicted, truth), track)
    assert seen == [("a_1.png", 3), ("a_2.png", 3), ("b_1.png", 3)]


def test_trimaps_that_belie_their_outputs_run_json_are_told(output: Path, truth: Path) -> None:
    (output / "masks").rename(output / "trimaps")
    (output / "run.json").write_text('{"config": {"trimap": {"values": [1, 2, 3]}}}')
    with pytest.raises(UsageError, match=r"'a_1\.png' has 0, 255, and the output's run\.json says"):
        report_of(output, truth)


# How large a mask may be: as large as the photographs of the run that made it.


def with_limit(output: Path, most: int) -> Path:
    described = {"config": {"load": {"max_pixels": most}}}
    (output / "run.json").write_text(json.dumps(described))
    return output


def test_the_limit_of_the_run_holds_for_both_sides(output: Path, truth: Path) -> None:
    options = Options(with_limit(output, 5), truth)
    assert options.most_pixels == 5
    with pytest.raises(UsageError, match="can be read as a mask"):
        evaluate(options)


def test_an_option_goes_before_the_run(output: Path, truth: Path) -> None:
    report = evaluate(Options(with_limit(output, 5), truth, max_pixels=10_000))
    assert report.failures == ()


def test_without_a_run_the_usual_limit_holds(predicted: Path, truth: Path) -> None:
    assert Options(predicted, truth).most_pixels == MAX_PIXELS
