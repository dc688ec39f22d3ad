"""Photographs that go along."""

from __future__ import annotations

import zlib
from pathlib import Path

import numpy as np
import pytest
from export_runs import RING, Run, mask, picture, save
from PIL import Image

from automask.errors import UsageError
from automask.export.export import Options, export
from automask.image.load import load

ON_ITS_SIDE = 6  # EXIF orientation: to be turned clockwise by a quarter


def exported(run: Run, out: Path, **options: object) -> dict[str, object]:
    result = export(Options(run.output, "fiftyone", out, **options))  # type: ignore[arg-type]
    return result.summary


def test_a_copy_is_the_same_file(empty_run: Run, tmp_path: Path) -> None:
    empty_run.add("a.png", RING)
    assert exported(empty_run, tmp_path / "x")["written_anew"] == []
    copy = tmp_path / "x" / "data" / "a.png"
    assert copy.read_bytes() == (empty_run.photographs / "a.png").read_bytes()
    assert not copy.samefile(empty_run.photographs / "a.png")


def test_a_link_takes_no_room(empty_run: Run, tmp_path: Path) -> None:
    empty_run.add("a.png", RING)
    exported(empty_run, tmp_path / "x", photographs="link")
    assert (tmp_path / "x" / "data" / "a.png").samefile(empty_run.photographs / "a.png")


def test_a_photograph_that_is_a_relative_link_is_linked_to_the_file(
    empty_run: Run, tmp_path: Path
) -> None:
    original = save(tmp_path / "originals" / "a.png", picture("a", 6, 10))
    empty_run.photographs.mkdir()
    (empty_run.photographs / "a.png").symlink_to("../originals/a.png")
    empty_run.add("a.png", RING)
    exported(empty_run, tmp_path / "deep" / "x", photographs="link")
    link = tmp_path / "deep" / "x" / "data" / "a.png"
    assert link.samefile(original)
    assert not link.is_symlink()


def test_a_symbolic_link_where_file_systems_differ(
    empty_run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def other_device(*_: object) -> None:
        raise OSError(18, "Invalid cross-device link")

    monkeypatch.setattr("automask.export.placing.os.link", other_device)
    empty_run.add("a.png", RING)
    exported(empty_run, tmp_path / "x", photographs="link")
    link = tmp_path / "x" / "data" / "a.png"
    assert link.is_symlink()
    assert link.samefile(empty_run.photographs / "a.png")


def test_a_photograph_on_its_side_is_written_upright(empty_run: Run, tmp_path: Path) -> None:
    # 10 x 6 once turned: what the mask is laid over.
    exif = Image.Exif()
    exif[0x0112] = ON_ITS_SIDE
    save(empty_run.photographs / "a.jpg", picture("a", 10, 6), exif=exif, quality=95)
    empty_run.add("a.jpg", RING)
    assert exported(empty_run, tmp_path / "x")["written_anew"] == ["a.jpg"]
    with Image.open(tmp_path / "x" / "data" / "a.jpg") as image:
        assert image.size == (10, 6)
        assert not image.getexif()
        drawn = np.asarray(image).astype(int)
    upright = load(empty_run.photographs / "a.jpg").astype(int)
    assert np.abs(drawn - upright).mean() < 10  # JPEG once more
    assert upright.shape[:2] == mask(RING).shape


def test_a_photograph_on_its_head_is_written_upright(empty_run: Run, tmp_path: Path) -> None:
    # Its size does not give it away.
    exif = Image.Exif()
    exif[0x0112] = 3  # to be turned by half
    save(empty_run.photographs / "a.jpg", picture("a", 6, 10), exif=exif)
    empty_run.add("a.jpg", RING)
    assert exported(empty_run, tmp_path / "x")["written_anew"] == ["a.jpg"]


def test_a_suffix_that_lies_is_put_right(empty_run: Run, tmp_path: Path) -> None:
    save(empty_run.photographs / "a.bmp", picture("a", 6, 10))
    (empty_run.photographs / "a.bmp").rename(empty_run.photographs / "a.jpg")
    empty_run.add("a.jpg", RING)
    exported(empty_run, tmp_path / "x")
    assert (tmp_path / "x" / "data" / "a.bmp").is_file()


def test_a_photograph_that_changed_its_size_is_left_out(empty_run: Run, tmp_path: Path) -> None:
    empty_run.add("a.jpg", RING)
    empty_run.add("b.jpg", RING)
    save(empty_run.photographs / "b.jpg", picture("b", 20, 20))
    (skipped,) = exported(empty_run, tmp_path / "x")["skipped"]  # type: ignore[misc]
    assert skipped["image"] == "b.jpg"
    assert skipped["reason"].startswith("the photograph is 20 x 20 px now, its mask 10 x 6")


def test_a_photograph_that_claims_too_many_pixels_is_left_out(
    empty_run: Run, tmp_path: Path
) -> None:
    empty_run.add("a.jpg", RING)
    empty_run.add("b.png", RING)
    data = bytearray((empty_run.photographs / "b.png").read_bytes())
    data[16:24] = (60_000).to_bytes(4, "big") * 2  # width and height in the PNG's header
    data[29:33] = zlib.crc32(data[12:29]).to_bytes(4, "big")
    (empty_run.photographs / "b.png").write_bytes(data)
    (skipped,) = exported(empty_run, tmp_path / "x")["skipped"]  # type: ignore[misc]
    assert skipped["image"] == "b.png"
    assert "too large to open safely" in skipped["reason"]


def test_names_of_two_folders_do_not_collide(run: Run, tmp_path: Path) -> None:
    exported(run, tmp_path / "x")
    names = {file.name for file in (tmp_path / "x" / "data").iterdir()}
    assert names == {"bags%2Fa.jpg", "bags%2Fnone.jpg", "shoes%2Fa.jpg"}


def test_without_the_photographs_only_what_needs_none(run: Run, tmp_path: Path) -> None:
    run.photographs.rename(tmp_path / "moved")
    assert export(Options(run.output, "coco", tmp_path / "c.json")).summary["photographs"] == 3
    for options in ({"to": "yolo-seg"}, {"to": "coco", "shares": "0.5/0.5"}):
        with pytest.raises(UsageError, match="name it with --images"):
            export(Options(run.output, out=tmp_path / "x", **options))  # type: ignore[arg-type]
    found = export(Options(run.output, "yolo-seg", tmp_path / "y", images=tmp_path / "moved"))
    assert found.summary["photographs"] == 3
