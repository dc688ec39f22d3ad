"""scan: which photographs a folder holds, and where each one's outputs will go."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from automask.errors import CollisionError, UsageError
from automask.image.scan import Listing, scan, scan_part
from automask.records import Job


def put(root: Path, *names: str) -> Path:
    """Makes a 3-byte file for each name, with the folders it needs."""
    for name in names:
        file = root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(b"abc")
    return root


def images(jobs: list[Job]) -> list[str]:
    return [job.image for job in jobs]


def test_folders_are_walked_to_any_depth(tmp_path: Path) -> None:
    put(tmp_path, "a.jpg", "shoes/b.jpg", "shoes/left/pairs/c.jpg")
    assert images(scan(tmp_path)) == ["a.jpg", "shoes/b.jpg", "shoes/left/pairs/c.jpg"]


def test_a_job_tells_size_and_modification_time_of_its_file(tmp_path: Path) -> None:
    put(tmp_path, "shoes/a.jpg")
    os.utime(tmp_path / "shoes/a.jpg", ns=(5, 1_600_000_000_123_456_789))
    assert scan(tmp_path) == [Job("shoes/a.jpg", "shoes/a", 3, 1_600_000_000_123_456_789, 1)]


def test_only_images_are_listed(tmp_path: Path) -> None:
    wanted = ["a.jpg", "b.jpeg", "c.jpe", "d.jfif", "e.png", "f.webp", "g.tif", "h.tiff", "i.bmp",
              "j.heic", "k.heif", "l.avif", "m.gif", "n.jp2", "o.mpo", "p.ppm"]  # fmt: skip
    put(tmp_path, *wanted, "notes.txt", "jpg", "movie.mp4", "a.jpg.part")
    assert images(scan(tmp_path)) == wanted


def test_upper_case_extensions_are_images_too(tmp_path: Path) -> None:
    put(tmp_path, "DSC_1.JPG", "DSC_2.Jpeg", "DSC_3.HEIC")
    assert images(scan(tmp_path)) == ["DSC_1.JPG", "DSC_2.Jpeg", "DSC_3.HEIC"]


def test_order_is_that_of_the_bytes_of_the_relative_path(tmp_path: Path) -> None:
    # First bytes that differ: B 42, a- 2d, a. 2e, a/ 2f, b 62, e-acute c3.
    put(tmp_path, "b.jpg", "é.jpg", "a/x.jpg", "B.jpg", "a.jpg", "a-x.jpg")
    assert images(scan(tmp_path)) == [
        "B.jpg", "a-x.jpg", "a.jpg", "a/x.jpg", "b.jpg", "é.jpg",
    ]  # fmt: skip


def test_order_of_names_that_are_not_utf8_is_by_bytes_as_well(tmp_path: Path) -> None:
    # As text the first sorts before the second (U+DCFF < U+1F600), as bytes after (ff > f0).
    not_utf8, grin = os.fsdecode(b"\xff.jpg"), "\U0001f600.jpg"
    put(tmp_path, not_utf8, grin)
    assert images(scan(tmp_path)) == [grin, not_utf8]


def test_hidden_files_are_skipped(tmp_path: Path) -> None:
    put(tmp_path, ".hidden.jpg", ".jpg", "._a.jpg", "a.jpg")
    assert images(scan(tmp_path)) == ["a.jpg"]


def test_hidden_folders_are_skipped(tmp_path: Path) -> None:
    put(tmp_path, ".thumbnails/a.jpg", "shoes/.cache/b.jpg", "shoes/c.jpg")
    assert images(scan(tmp_path)) == ["shoes/c.jpg"]


def test_an_output_folder_inside_the_input_is_skipped(tmp_path: Path) -> None:
    put(tmp_path, "a.jpg", "out/trimaps/a.png")
    assert images(scan(tmp_path, skip=tmp_path / "out")) == ["a.jpg"]


def test_the_output_folder_is_skipped_however_it_is_spelt(tmp_path: Path) -> None:
    put(tmp_path, "a.jpg", "shoes/b.jpg", "out/trimaps/a.png")
    assert images(scan(tmp_path, skip=tmp_path / "shoes" / ".." / "out")) == [
        "a.jpg", "shoes/b.jpg",
    ]  # fmt: skip


def test_only_the_output_folder_itself_is_skipped_not_its_namesakes(tmp_path: Path) -> None:
    put(tmp_path, "out/a.jpg", "shoes/out/b.jpg", "output/c.jpg")
    assert images(scan(tmp_path, skip=tmp_path / "out")) == ["output/c.jpg", "shoes/out/b.jpg"]


def test_the_stem_keeps_the_folders_and_drops_the_extension(tmp_path: Path) -> None:
    put(tmp_path, "v1.2/shoe.front.JPG")
    assert [job.stem for job in scan(tmp_path)] == ["v1.2/shoe.front"]


def test_the_stem_keeps_the_extension_on_request(tmp_path: Path) -> None:
    put(tmp_path, "v1.2/shoe.front.JPG")
    assert [job.stem for job in scan(tmp_path, keep_extension=True)] == ["v1.2/shoe.front.JPG"]


def test_two_images_for_one_output_are_refused_by_name_with_the_remedy(tmp_path: Path) -> None:
    put(tmp_path, "shoes/a.jpg", "shoes/a.png", "b.jpg")
    with pytest.raises(CollisionError) as caught:
        scan(tmp_path)
    assert "'shoes/a.jpg', 'shoes/a.png'" in str(caught.value)
    assert "--keep-extension" in str(caught.value)
    assert "b.jpg" not in str(caught.value)


def test_two_extensions_that_differ_in_case_only_collide(tmp_path: Path) -> None:
    put(tmp_path, "a.jpg", "a.JPG")
    with pytest.raises(CollisionError, match=r"'a\.JPG', 'a\.jpg'"):
        scan(tmp_path)


def test_of_many_collisions_ten_are_named_and_the_rest_counted(tmp_path: Path) -> None:
    put(tmp_path, *(f"{n:02}{ext}" for n in range(12) for ext in (".jpg", ".png")))
    with pytest.raises(CollisionError) as caught:
        scan(tmp_path)
    assert "'09.jpg', '09.png'\n  and 2 more\n" in str(caught.value)
    assert "10.jpg" not in str(caught.value)


def test_keeping_the_extension_resolves_a_collision(tmp_path: Path) -> None:
    put(tmp_path, "a.jpg", "a.png")
    assert [job.stem for job in scan(tmp_path, keep_extension=True)] == ["a.jpg", "a.png"]


def test_one_name_in_two_folders_is_no_collision(tmp_path: Path) -> None:
    put(tmp_path, "left/a.jpg", "right/a.jpg")
    assert [job.stem for job in scan(tmp_path)] == ["left/a", "right/a"]


def test_a_folder_named_like_an_image_is_walked_as_a_folder(tmp_path: Path) -> None:
    put(tmp_path, "x.jpg/inside.png")
    assert images(scan(tmp_path)) == ["x.jpg/inside.png"]


@pytest.mark.parametrize(
    "name",
    [
        "two words.jpg",
        'it\'s "quoted".jpg',
        "new\nline.jpg",
        "[red]markup[/].jpg",
        "--overwrite.jpg",
        os.fsdecode(b"caf\xe9.jpg"),
    ],
    ids=["spaces", "quotes", "newline", "markup", "like a flag", "not UTF-8"],
)
def test_a_strange_name_comes_back_as_it_is_on_disk(tmp_path: Path, name: str) -> None:
    put(tmp_path, name)
    jobs = scan(tmp_path)
    assert images(jobs) == [name]
    assert (tmp_path / jobs[0].image).read_bytes() == b"abc"


def test_an_empty_folder_holds_no_images(tmp_path: Path) -> None:
    assert scan(tmp_path) == []


def test_a_missing_folder_is_a_usage_error_that_names_it(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="photos does not exist"):
        scan(tmp_path / "photos")


def test_a_file_in_place_of_the_folder_is_a_usage_error(tmp_path: Path) -> None:
    put(tmp_path, "a.jpg")
    with pytest.raises(UsageError, match=r"a\.jpg is not a folder"):
        scan(tmp_path / "a.jpg")


def test_a_folder_that_cannot_be_looked_at_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"cannot look at .*: File name too long"):
        scan(tmp_path / ("x" * 300))


def test_a_link_back_up_the_tree_is_not_walked_for_ever(tmp_path: Path) -> None:
    put(tmp_path, "shoes/a.jpg")
    (tmp_path / "shoes" / "up").symlink_to(tmp_path)
    assert images(scan(tmp_path)) == ["shoes/a.jpg"]


def test_a_linked_folder_outside_the_input_is_walked(tmp_path: Path) -> None:
    put(tmp_path, "elsewhere/a.jpg", "input/b.jpg")
    (tmp_path / "input" / "linked").symlink_to(tmp_path / "elsewhere")
    assert images(scan(tmp_path / "input")) == ["b.jpg", "linked/a.jpg"]


@contextmanager
def listing_in_reverse(folder: Path) -> Iterator[list[os.DirEntry[str]]]:
    """os.scandir on a file system that happens to list its entries the other way round."""
    with real_scandir(folder) as entries:
        yield sorted(entries, key=lambda entry: entry.name, reverse=True)


@contextmanager
def listing_in_order(folder: Path) -> Iterator[list[os.DirEntry[str]]]:
    with real_scandir(folder) as entries:
        yield sorted(entries, key=lambda entry: entry.name)


real_scandir = os.scandir


@pytest.mark.parametrize("listing", [listing_in_order, listing_in_reverse])
def test_a_folder_seen_twice_has_one_name_whatever_order_the_disk_lists(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, listing: Any
) -> None:
    put(tmp_path, "a/x.jpg")
    (tmp_path / "b").symlink_to(tmp_path / "a")
    with monkeypatch.context() as patch:
        patch.setattr(os, "scandir", listing)
        jobs = scan(tmp_path)
    assert images(jobs) == ["a/x.jpg"]


# What a link may point to when it points to nothing; each is a different error of the system.
DEAD_ENDS = {"missing": "nowhere.jpg", "itself": "dead.jpg", "below a file": "file.txt/x.jpg"}


@pytest.mark.parametrize("target", DEAD_ENDS.values(), ids=DEAD_ENDS.keys())
def test_a_broken_link_is_a_job_of_unknown_size_and_time(tmp_path: Path, target: str) -> None:
    put(tmp_path, "file.txt")
    (tmp_path / "dead.jpg").symlink_to(target)
    assert scan(tmp_path) == [Job("dead.jpg", "dead", -1, -1)]


@pytest.mark.parametrize("target", ["nowhere", "dead", "file.txt/x"], ids=DEAD_ENDS.keys())
def test_a_broken_link_that_is_not_named_like_an_image_is_skipped(
    tmp_path: Path, target: str
) -> None:
    put(tmp_path, "file.txt", "a.jpg")
    (tmp_path / "dead").symlink_to(target)
    assert images(scan(tmp_path)) == ["a.jpg"]


def test_the_output_of_an_earlier_run_inside_the_input_holds_no_photographs(tmp_path: Path) -> None:
    for name in ("a.jpg", "masked/overlays/a.png", "masked/records/run.jsonl", "masked/run.json"):
        put(tmp_path, name)
    assert [job.image for job in scan(tmp_path)] == ["a.jpg"]


def test_a_part_of_the_images_is_listed_and_the_others_are_counted(tmp_path: Path) -> None:
    put(tmp_path, "a.jpg", "b.jpg", "shoes/a.jpg", "shoes/c.jpg", "notes.txt")
    listing = scan_part(tmp_path, holds=lambda relative: relative.endswith("a.jpg"))
    assert images(listing.jobs) == ["a.jpg", "shoes/a.jpg"]
    assert listing.elsewhere == 2


def test_an_empty_part_is_not_an_empty_folder(tmp_path: Path) -> None:
    put(tmp_path, "a.jpg")
    assert scan_part(tmp_path, holds=lambda _: False) == Listing([], 1)
    assert scan_part(put(tmp_path / "b", "notes.txt")) == Listing([], 0, {".txt": 1})


def test_every_folder_is_listed_once_and_files_of_other_parts_are_not_looked_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(tmp_path, "a.jpg", "shoes/b.jpg", "shoes/left/c.jpg")
    listed: list[str] = []
    looked_at: list[str] = []

    class Watched:
        """A DirEntry that tells of its stat."""

        def __init__(self, entry: os.DirEntry[str]) -> None:
            self.entry, self.name, self.path = entry, entry.name, entry.path

        def is_dir(self) -> bool:
            return self.entry.is_dir()

        def stat(self) -> os.stat_result:
            looked_at.append(self.name)
            return self.entry.stat()

    @contextmanager
    def watched(folder: Path) -> Iterator[list[Watched]]:
        listed.append(Path(folder).name)
        with real_scandir(folder) as entries:
            yield [Watched(entry) for entry in entries]

    with monkeypatch.context() as patch:
        patch.setattr(os, "scandir", watched)
        scan_part(tmp_path, holds=lambda relative: relative == "shoes/b.jpg")
    assert listed == [tmp_path.name, "shoes", "left"]
    assert looked_at == ["b.jpg"]
