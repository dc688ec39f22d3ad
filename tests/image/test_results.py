"""results: which files of an image are there, and whose they are."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from automask.image.results import There, kind_to_read, look, mark_of, sha256_of
from automask.records import Left, Mark

if TYPE_CHECKING:
    from conftest import RecordMaker

SHA256_OF_A = "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb"


def put(output: Path, path: str, content: bytes = b"a") -> Path:
    file = output / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content)
    return file


@pytest.fixture
def left(tmp_path: Path) -> Left:
    """Of an image x whose mask and trimap were written as the letter a."""
    files = (put(tmp_path, "masks/x.png"), put(tmp_path, "trimaps/x.png"))
    return Left.of(("mask", "trimap"), [str(mark_of(file)) for file in files], ())


def touch(file: Path) -> None:
    """Another time of change, as a copy of the folder has, or an editor that saves."""
    os.utime(file, ns=(0, 1))


def test_a_mark_is_the_hash_and_the_time_of_a_file(tmp_path: Path) -> None:
    file = put(tmp_path, "masks/x.png")
    os.utime(file, ns=(0, 1_700_000_000_000_000_001))
    assert str(mark_of(file)) == f"{SHA256_OF_A}@1700000000000000001"


def test_marks_come_back_as_they_were_recorded() -> None:
    left = Left.of(("mask", "trimap"), [f"{SHA256_OF_A}@5", f"{'0' * 64}@-1"], ())
    assert left.marks == {"mask": Mark(5, SHA256_OF_A), "trimap": Mark(-1, "0" * 64)}


@pytest.mark.parametrize("written", [(), ("",), ("no mark",)])
def test_what_is_no_mark_is_as_good_as_none(written: tuple[str, ...]) -> None:
    assert Left.of(("mask",), written, ()).marks == {}


def test_results_that_nobody_touched_are_the_machine_s(tmp_path: Path, left: Left) -> None:
    assert look(tmp_path, "x", left) == There(("mask", "trimap"))


def test_a_copied_result_of_another_time_is_the_machine_s(tmp_path: Path, left: Left) -> None:
    touch(tmp_path / "masks/x.png")
    assert look(tmp_path, "x", left).mended == ()


def test_a_result_that_differs_is_a_person_s(tmp_path: Path, left: Left) -> None:
    touch(put(tmp_path, "masks/x.png", b"mended"))
    there = look(tmp_path, "x", left)
    assert (there.changed, there.mended, there.source) == (("mask",), ("mask",), "mask")
    assert there.is_stale


def test_what_a_record_calls_mended_stays_a_person_s(tmp_path: Path, left: Left) -> None:
    once = Left(left.kinds, left.packed, ("mask",))
    there = look(tmp_path, "x", once)
    assert (there.mended, there.is_stale) == (("mask",), False)


def test_an_overlay_that_somebody_painted_on_makes_nothing_stale(tmp_path: Path) -> None:
    file = put(tmp_path, "overlays/x.png")
    left = Left.of(("overlay",), [str(mark_of(file))], ())
    touch(put(tmp_path, "overlays/x.png", b"painted"))
    there = look(tmp_path, "x", left)
    assert (there.mended, there.source, there.is_stale) == (("overlay",), None, False)


def test_a_result_that_is_gone_is_not_there(tmp_path: Path, left: Left) -> None:
    (tmp_path / "masks/x.png").unlink()
    assert look(tmp_path, "x", left) == There(("trimap",))


def test_without_marks_everything_is_the_machine_s(tmp_path: Path, left: Left) -> None:
    touch(put(tmp_path, "masks/x.png", b"mended"))
    assert look(tmp_path, "x", Left(left.kinds)).mended == ()


def test_what_a_review_wrote_is_a_person_s_and_makes_nothing_stale(
    tmp_path: Path, left: Left
) -> None:
    file = put(tmp_path, "masks/x.png", b"reviewed")
    touch(file)
    decided = {"masks/x.png": sha256_of(file)}
    for known in (left, Left(left.kinds)):
        there = look(tmp_path, "x", known, decided)
        assert (there.mended, there.is_stale) == (("mask",), False)


# Which of them is read.


def test_the_first_kind_that_an_image_has_is_read(tmp_path: Path, make_record: RecordMaker) -> None:
    record = make_record(output="masks/x.png", kinds=("mask", "trimap"))
    assert kind_to_read(tmp_path, record, ("objects", "mask", "trimap")) == "mask"
    assert kind_to_read(tmp_path, record, ("alpha",)) is None


def test_a_mended_kind_is_read_before_the_others(
    tmp_path: Path, left: Left, make_record: RecordMaker
) -> None:
    marks = tuple(str(left.marks[kind]) for kind in ("mask", "trimap"))
    record = make_record(output="masks/x.png", kinds=("mask", "trimap"), written=marks)
    touch(put(tmp_path, "trimaps/x.png", b"mended"))
    assert kind_to_read(tmp_path, record, ("mask", "trimap")) == "trimap"
