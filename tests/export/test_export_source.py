"""What is exported: which result counts, and what is left out."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from export_runs import PIECES, RING, THREE, Run, labels, mask, save, trimap
from PIL import Image

from automask.errors import UsageError
from automask.export.export import Options, export
from automask.export.source import open_source, photo_of
from automask.image.results import mark_of
from automask.output.decisions import ACCEPTED, CORRECTED, REJECTED, Decision, append_decision
from automask.output.verdicts import decide


def found(run: Run, image: str, values: str | None = None) -> np.ndarray:
    """The union of the objects of an image."""
    source = open_source(run.output, None, values)
    photo = photo_of(source, source.records[image], "object")
    union = np.zeros(photo.size, bool)
    for one in source.find(photo).instances:
        union |= one.full
    return union


def skipped(run: Run, out: Path, **options: object) -> dict[str, str]:
    result = export(Options(run.output, "csv", out, **options))  # type: ignore[arg-type]
    return {one["image"]: one["reason"] for one in result.summary["skipped"]}


def test_the_mask_counts_before_the_trimap(empty_run: Run) -> None:
    empty_run.add("a.jpg", PIECES, "trimap")
    empty_run.add("a.jpg", RING, "mask", kinds=("mask", "trimap"))
    np.testing.assert_array_equal(found(empty_run, "a.jpg"), mask(RING))


def test_without_masks_the_trimap_counts(empty_run: Run) -> None:
    empty_run.trimap_values = (255, 0, 128)
    empty_run.add("a.jpg", (".+##+.",), "trimap", kinds=("mask", "trimap"))
    assert found(empty_run, "a.jpg").tolist() == [[False, False, True, True, False, False]]


def test_objects_count_before_both(empty_run: Run) -> None:
    empty_run.add("a.jpg", RING, "mask")
    empty_run.add("a.jpg", THREE, "objects", kinds=("mask", "objects"))
    np.testing.assert_array_equal(found(empty_run, "a.jpg"), mask(THREE))


def test_a_mask_mended_by_another_program_may_be_of_0_and_1(empty_run: Run) -> None:
    empty_run.add("a.jpg", RING)
    save(empty_run.output / "masks" / "a.png", mask(PIECES).astype(np.uint8))
    np.testing.assert_array_equal(found(empty_run, "a.jpg"), mask(PIECES))


def test_values_can_be_told(empty_run: Run) -> None:
    empty_run.add("a.jpg", RING)
    save(empty_run.output / "masks" / "a.png", trimap(PIECES, (7, 9, 8)))
    np.testing.assert_array_equal(found(empty_run, "a.jpg", "7,9"), mask(PIECES))


def test_a_mask_of_strange_values_is_left_out(empty_run: Run, tmp_path: Path) -> None:
    empty_run.add("a.jpg", RING)
    empty_run.add("b.jpg", RING)
    save(empty_run.output / "masks" / "b.png", trimap(PIECES, (7, 9, 8)))
    reasons = skipped(empty_run, tmp_path / "t.csv")
    assert list(reasons) == ["b.jpg"]
    assert "--values" in reasons["b.jpg"]


@pytest.mark.parametrize("mode", ["RGB", "P"])
def test_objects_whose_ids_an_editor_lost_are_left_out(
    empty_run: Run, tmp_path: Path, mode: str
) -> None:
    empty_run.add("a.jpg", RING)
    empty_run.add("b.jpg", THREE, "objects")
    file = empty_run.output / "objects" / "b.png"
    Image.fromarray(labels(THREE).astype(np.uint8)).convert(mode).save(file)
    reasons = skipped(empty_run, tmp_path / "t.csv")
    assert list(reasons) == ["b.jpg"]
    assert f"'b.png': has no ids of objects (mode {mode})" in reasons["b.jpg"]


def test_a_mask_that_was_deleted_is_left_out(empty_run: Run, tmp_path: Path) -> None:
    # A person who looked them through and deleted the wrong ones does not want the trimap instead.
    empty_run.add("a.jpg", RING)
    empty_run.add("b.jpg", RING, "trimap")
    empty_run.add("b.jpg", RING, "mask", kinds=("mask", "trimap"))
    (empty_run.output / "masks" / "b.png").unlink()
    reasons = skipped(empty_run, tmp_path / "t.csv")
    assert list(reasons) == ["b.jpg"]
    assert "is not there" in reasons["b.jpg"]


def test_a_mask_of_another_size_is_left_out(empty_run: Run, tmp_path: Path) -> None:
    empty_run.add("a.jpg", RING)
    empty_run.add("b.jpg", RING)
    save(empty_run.output / "masks" / "b.png", mask((".#", "..")).astype(np.uint8) * 255)
    reasons = skipped(empty_run, tmp_path / "t.csv")
    assert reasons == {"b.jpg": "its mask is 2 x 2 px, the photograph 10 x 6"}


def test_a_photograph_that_was_deleted_is_left_out(run: Run, tmp_path: Path) -> None:
    (run.photographs / "bags" / "a.jpg").unlink()
    reasons = skipped(run, tmp_path / "t.csv")
    assert reasons["bags/a.jpg"] == f"the photograph is not in {run.photographs}"


def test_what_is_below_the_confidence_is_left_out(run: Run, tmp_path: Path) -> None:
    reasons = skipped(run, tmp_path / "t.csv", min_confidence=0.5)
    assert list(reasons) == ["bags/a.jpg", "bags/none.jpg", "shoes/torn.jpg"]
    assert reasons["bags/a.jpg"] == "its confidence 0.25 is below --min-confidence 0.5"


def test_a_folder_without_records_is_no_output(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no records in"):
        open_source(tmp_path, None, None)


def test_images_must_be_a_folder(run: Run, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"--images .*nowhere is no folder"):
        open_source(run.output, tmp_path / "nowhere", None)


def test_keep_extension_tells_two_photographs_apart(empty_run: Run, tmp_path: Path) -> None:
    for image, rows in {"a.jpg": RING, "a.png": PIECES}.items():
        save(empty_run.output / "masks" / f"{image}.png", mask(rows).astype(np.uint8) * 255)
        empty_run.add(image, rows, output=f"masks/{image}.png")
    np.testing.assert_array_equal(found(empty_run, "a.jpg"), mask(RING))
    export(Options(empty_run.output, "yolo-seg", tmp_path / "y", shares="0.5/0.5"))
    labels = sorted(file.name for file in (tmp_path / "y").glob("labels/*/*.txt"))
    assert labels == ["a.jpg.txt", "a.png.txt"]


def test_a_trimap_that_a_person_mended_counts_before_the_mask(empty_run: Run) -> None:
    empty_run.add("a.jpg", RING, "trimap")
    empty_run.add("a.jpg", RING, "mask")
    files = [empty_run.output / f"{folder}/a.png" for folder in ("masks", "trimaps")]
    marks = tuple(str(mark_of(file)) for file in files)
    empty_run.add("a.jpg", RING, "mask", kinds=("mask", "trimap"), written=marks)
    save(files[1], trimap(PIECES))
    np.testing.assert_array_equal(found(empty_run, "a.jpg"), mask(PIECES))


def test_a_rejected_image_is_left_out_until_it_is_accepted(empty_run: Run, tmp_path: Path) -> None:
    empty_run.add("a.jpg", RING)
    empty_run.add("b.jpg", RING)
    decide(empty_run.output, ["b.jpg"], REJECTED, "", "reject")
    reasons = skipped(empty_run, tmp_path / "t.csv")
    assert reasons == {"b.jpg": "it is rejected; automask accept takes it back"}
    decide(empty_run.output, ["b.jpg"], ACCEPTED, "", "accept")
    assert skipped(empty_run, tmp_path / "u.csv") == {}


def test_only_what_a_person_reviewed_where_that_is_asked_for(
    empty_run: Run, tmp_path: Path
) -> None:
    empty_run.add("a.jpg", RING, confidence=0.1)
    empty_run.add("b.jpg", RING)
    decide(empty_run.output, ["a.jpg"], ACCEPTED, "", "accept")
    reasons = skipped(empty_run, tmp_path / "t.csv", reviewed_only=True, min_confidence=0.9)
    assert reasons == {"b.jpg": "nobody has reviewed it; automask review, or automask accept"}


def test_a_failed_image_that_was_drawn_by_hand_is_exported(empty_run: Run) -> None:
    empty_run.add("a.jpg", RING)
    file = empty_run.output / "masks" / "a.png"
    with_files = Decision("a.jpg", CORRECTED, files={"masks/a.png": mark_of(file).sha256})
    append_decision(empty_run.output, with_files)
    empty_run.add("a.jpg", RING, status="failed", output=None, kinds=(), width=None, height=None)
    np.testing.assert_array_equal(found(empty_run, "a.jpg"), mask(RING))


def test_a_person_s_mask_needs_no_confidence(empty_run: Run, tmp_path: Path) -> None:
    empty_run.add("a.jpg", RING, confidence=None, score=None, mended=("mask",))
    assert skipped(empty_run, tmp_path / "t.csv", min_confidence=0.9) == {}


NFC, NFD = "M\u00f6bel/K\u00e4fer.jpg", "Mo\u0308bel/Ka\u0308fer.jpg"


@pytest.mark.parametrize(("recorded", "there"), [(NFC, NFD), (NFD, NFC)])
def test_a_photograph_is_found_however_its_name_is_spelt(
    empty_run: Run, tmp_path: Path, recorded: str, there: str
) -> None:
    empty_run.add(recorded, RING)
    empty_run.add("b.jpg", RING)
    file = empty_run.photographs / recorded
    (empty_run.photographs / there).parent.mkdir()
    file.rename(empty_run.photographs / there)
    file.parent.rmdir()
    options = Options(empty_run.output, "csv", tmp_path / "t", shares="0.5/0.5")
    result = export(options)
    assert result.summary["skipped"] == []
    assert result.summary["photographs"] == 2


def test_the_limit_of_pixels_is_that_of_the_run(empty_run: Run, tmp_path: Path) -> None:
    empty_run.add("a.jpg", RING)
    described = json.loads((empty_run.output / "run.json").read_text())
    described["config"]["load"] = {"max_pixels": 7}
    (empty_run.output / "run.json").write_text(json.dumps(described))
    with pytest.raises(UsageError, match="10 x 6 is more than 7 pixels"):
        export(Options(empty_run.output, "csv", tmp_path / "t.csv"))
