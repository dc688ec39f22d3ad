"""Pictures and outlines: drawn once, kept, drawn anew where a file has changed."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from PIL import Image
from report_folders import colour_of, make_output, named

from automask.records import FAILED
from automask.report import pictures
from automask.report.pictures import Drawn, draw_all, longest_px
from automask.report.read import read_run

if TYPE_CHECKING:
    from conftest import RecordMaker


@pytest.fixture
def output(tmp_path: Path, make_record: RecordMaker) -> Path:
    return make_output(tmp_path, named(make_record, ["a.jpg", "sub/b.jpg"]))


def drawn(output: Path) -> list[Drawn]:
    (output / ".report").mkdir(exist_ok=True)
    return draw_all(read_run(output), output / ".report", lambda images, _total: images)


def test_each_record_has_the_picture_of_its_photograph(output: Path) -> None:
    for number, one in enumerate(drawn(output)):
        assert one.picture is not None
        with Image.open(one.picture) as picture:
            seen = picture.getpixel((5, 5))
        assert isinstance(seen, tuple)
        assert max(abs(a - b) for a, b in zip(seen, colour_of(number), strict=True)) < 12
        assert one.outline.startswith("M")


@pytest.mark.parametrize(
    ("images", "px"), [(1, 1024), (250, 1024), (251, 704), (2000, 448), (10**6, 448)]
)
def test_the_more_images_the_smaller_their_pictures(images: int, px: int) -> None:
    assert longest_px(images) == px


def test_a_large_photograph_becomes_a_small_picture(output: Path) -> None:
    Image.new("RGB", (3000, 1500)).save(output.parent / "in" / "a.jpg")
    first = drawn(output)[0].picture
    assert first is not None
    with Image.open(first) as picture:
        assert picture.size == (1024, 512)


def test_nothing_is_drawn_twice(output: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = drawn(output)
    monkeypatch.setattr(pictures, "load_small", lambda *_: pytest.fail("drawn again"))
    monkeypatch.setattr(pictures, "read_mask", lambda *_: pytest.fail("read again"))
    assert drawn(output) == before


def test_a_changed_result_is_outlined_anew(output: Path) -> None:
    before = drawn(output)
    (output / "trimaps" / "a.png").write_bytes((output / "trimaps" / "sub" / "b.png").read_bytes())
    os.utime(output / "trimaps" / "a.png", ns=(1, 1))
    assert drawn(output)[0].outline_key != before[0].outline_key


def test_a_torn_picture_is_drawn_again(output: Path) -> None:
    torn = drawn(output)[0].picture
    assert torn is not None
    torn.write_bytes(torn.read_bytes()[:50])
    drawn(output)
    with Image.open(torn) as picture:
        picture.load()


def test_torn_outlines_are_drawn_again(output: Path) -> None:
    before = drawn(output)
    (output / ".report" / "outlines.json").write_text('{"half')
    assert drawn(output) == before


def test_kept_pictures_serve_when_the_photographs_are_gone(output: Path) -> None:
    before = drawn(output)
    (output.parent / "in").rename(output.parent / "moved")
    assert drawn(output) == before


def test_kept_pictures_of_another_size_serve_as_well(
    output: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = drawn(output)
    (output.parent / "in").rename(output.parent / "moved")
    monkeypatch.setattr(pictures, "longest_px", lambda _images: 448)  # more images have come
    assert drawn(output) == before


def test_photographs_that_are_gone_or_damaged_have_no_picture(output: Path) -> None:
    (output.parent / "in" / "a.jpg").unlink()
    (output.parent / "in" / "sub" / "b.jpg").write_bytes(b"no image")
    assert [one.picture for one in drawn(output)] == [None, None]


def test_results_that_are_gone_have_no_outline(output: Path) -> None:
    (output / "trimaps" / "a.png").unlink()
    assert drawn(output)[0].outline == ""


def test_a_mask_mended_by_an_editor_is_outlined_and_what_is_none_costs_itself_alone(
    tmp_path: Path, make_record: RecordMaker
) -> None:
    names = ["whole.jpg", "colour.jpg", "ones.jpg", "empty.jpg", "photo.jpg"]
    output = make_output(tmp_path, named(make_record, names, kinds=("mask",)))
    mask = Image.new("L", (40, 30))
    mask.paste(255, (10, 10, 30, 20))
    (output / "masks").mkdir()
    mask.save(output / "masks" / "whole.png")
    mask.convert("RGBA").save(output / "masks" / "colour.png")
    mask.point(lambda value: value // 255).save(output / "masks" / "ones.png")
    (output / "masks" / "empty.png").touch()
    Image.new("RGB", (40, 30), (200, 30, 30)).save(output / "masks" / "photo.png")
    outlines = {
        r.image: d.outline for r, d in zip(read_run(output).records, drawn(output), strict=True)
    }
    assert outlines["whole.jpg"].startswith("M")
    assert outlines["colour.jpg"] == outlines["ones.jpg"] == outlines["whole.jpg"]
    assert outlines["empty.jpg"] == outlines["photo.jpg"] == ""


def test_a_failed_photograph_is_not_opened(tmp_path: Path, make_record: RecordMaker) -> None:
    failed = named(make_record, ["a.jpg"], status=FAILED, error="its worker died")
    assert drawn(make_output(tmp_path, failed)) == [Drawn(None, "")]


def test_pictures_of_what_is_there_no_more_are_removed(output: Path) -> None:
    drawn(output)
    (output / ".report" / f"{'0' * 24}.jpg").touch()
    (output / ".report" / "mine.jpg").touch()
    assert len(drawn(output)) == 2
    kept = {file.name for file in (output / ".report").iterdir()}
    assert f"{'0' * 24}.jpg" not in kept
    assert {"mine.jpg", "outlines.json"} < kept
    assert len(kept) == 4
