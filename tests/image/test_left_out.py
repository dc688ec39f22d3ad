"""left_out: what is not masked is left out by a rule that a person can name, and counted."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from automask.errors import CollisionError, ConfigError, UsageError
from automask.image import scan as scan_module
from automask.image.left_out import IGNORE_FILE, Rules, told_left_out
from automask.image.scan import Listing, scan, scan_part


def put(root: Path, *names: str) -> Path:
    for name in names:
        file = root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(b"abc")
    return root


def names(listing: Listing) -> list[str]:
    return [job.image for job in listing.jobs]


# Litter.


@pytest.mark.parametrize(
    "litter",
    [
        "@eaDir/IMG_1.jpg/SYNOPHOTO_THUMB_XL.jpg",
        "album/@eaDir/IMG_1.jpg/SYNOPHOTO_THUMB_M.jpg",
        "#recycle/old.jpg",
        "$RECYCLE.BIN/S-1-5/$R1.jpg",
        "$Recycle.Bin/$R1.jpg",
        "RECYCLER/a.jpg",
        "__MACOSX/a.jpg",
        "album/__MACOSX/a.jpg",
        "System Volume Information/a.jpg",
        "@Recycle/a.jpg",
        "#snapshot/daily/a.jpg",
        "@Recently-Snapshot/a.jpg",
        "Catalog Previews.lrdata/0/a.jpg",
        "SYNOPHOTO_THUMB_XL.jpg",
        "album/SYNOINDEX_MEDIA_INFO.jpg",
    ],
)
def test_litter_is_left_out_and_counted(tmp_path: Path, litter: str) -> None:
    listing = scan_part(put(tmp_path, "a.jpg", litter))
    assert names(listing) == ["a.jpg"]
    assert sum(listing.left_out.values()) == 1


@pytest.mark.parametrize(
    "name", ["eaDir/a.jpg", "recycle/a.jpg", "my #recycle/a.jpg", "MACOSX/a.jpg", "snapshot/a.jpg"]
)
def test_folders_of_similar_names_are_no_litter(tmp_path: Path, name: str) -> None:
    assert names(scan_part(put(tmp_path, name))) == [name]


def test_litter_is_counted_by_name(tmp_path: Path) -> None:
    put(tmp_path, "x/@eaDir/a.jpg", "y/@eaDir/b.jpg", ".trash/c.jpg", ".d.jpg")
    assert scan_part(tmp_path).left_out == {"@eaDir/": 2, "hidden": 2}


# Patterns.


@pytest.mark.parametrize(
    ("patterns", "expected"),
    [
        (["*.png"], ["a.jpg", "sub/c.jpg"]),
        (["sub/"], ["a.jpg", "b.png"]),
        (["/a.jpg"], ["b.png", "sub/c.jpg", "sub/d.png"]),
        (["**/d.*"], ["a.jpg", "b.png", "sub/c.jpg"]),
        (["*.png", "!sub/d.png"], ["a.jpg", "sub/c.jpg", "sub/d.png"]),
    ],
)
def test_patterns_leave_out_as_gitignore_does(
    tmp_path: Path, patterns: list[str], expected: list[str]
) -> None:
    put(tmp_path, "a.jpg", "b.png", "sub/c.jpg", "sub/d.png")
    by_flag = scan_part(tmp_path, rules=Rules(tmp_path, exclude=patterns))
    assert names(by_flag) == expected
    assert by_flag.left_out["--exclude"] >= 1
    (tmp_path / IGNORE_FILE).write_text("# a comment\n\n" + "\n".join(patterns))
    by_file = scan_part(tmp_path)
    assert names(by_file) == expected
    assert by_file.left_out[IGNORE_FILE] >= 1


def test_only_what_is_included_is_taken(tmp_path: Path) -> None:
    put(tmp_path, "a.jpg", "b.png", "sub/c.jpg", "sub/d.png")
    listing = scan_part(tmp_path, rules=Rules(tmp_path, include=["sub/*.jpg", "b.*"]))
    assert names(listing) == ["b.png", "sub/c.jpg"]
    assert listing.left_out == {"outside --include": 2}


def test_an_exclusion_goes_before_an_inclusion(tmp_path: Path) -> None:
    put(tmp_path, "a.jpg", "b.jpg")
    rules = Rules(tmp_path, exclude=["b.*"], include=["*.jpg"])
    assert names(scan_part(tmp_path, rules=rules)) == ["a.jpg"]


def test_a_pattern_takes_litter_back_in(tmp_path: Path) -> None:
    put(tmp_path, "#recycle/a.jpg")
    (tmp_path / IGNORE_FILE).write_text("!\\#recycle/\n")
    assert names(scan_part(tmp_path)) == ["#recycle/a.jpg"]


def test_an_ignore_file_may_have_a_byte_order_mark(tmp_path: Path) -> None:
    put(tmp_path, "a.jpg", "b.png")
    (tmp_path / IGNORE_FILE).write_bytes(b"\xef\xbb\xbf*.png\r\n")
    assert names(scan_part(tmp_path)) == ["a.jpg"]


def test_a_pattern_that_is_none_is_named(tmp_path: Path) -> None:
    put(tmp_path, "a.jpg")
    with pytest.raises(ConfigError, match=r"--exclude: .*gitignore"):
        scan_part(tmp_path, rules=Rules(tmp_path, exclude=["!"]))


# Kinds of files.


def test_what_is_no_picture_is_counted_by_extension(tmp_path: Path) -> None:
    put(tmp_path, "a.jpg", "a.mov", "b.MOV", "c.xmp", "notes", "Thumbs.db")
    assert scan_part(tmp_path).left_out == {
        ".mov": 2, ".xmp": 1, "without extension": 1, ".db": 1,
    }  # fmt: skip


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF", "GIF", "BMP", "AVIF", "JPEG2000"])
@pytest.mark.parametrize("name", ["photo", "Rome, 3. May at noon"])
def test_a_picture_without_extension_is_masked(tmp_path: Path, kind: str, name: str) -> None:
    Image.new("RGB", (16, 16)).save(tmp_path / name, kind)
    assert [(job.image, job.stem) for job in scan_part(tmp_path).jobs] == [(name, name)]


def test_a_pipe_without_extension_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert scan_part(tmp_path).left_out == {"without extension": 1}


def test_the_output_of_another_run_is_counted(tmp_path: Path) -> None:
    put(tmp_path, "a.jpg", "masked/run.json", "masked/records/run.jsonl", "masked/overlays/a.png")
    assert scan_part(tmp_path).left_out == {"output of another run": 1}


def test_raw_files_are_counted_where_nothing_reads_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scan_module, "can_read_raw", lambda: False)
    put(tmp_path, "a.CR2", "b.dng", "c.jpg")
    listing = scan_part(tmp_path)
    assert (names(listing), listing.left_out) == (["c.jpg"], {".cr2": 1, ".dng": 1})


def test_raw_files_are_masked_where_something_reads_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scan_module, "can_read_raw", lambda: True)
    assert names(scan_part(put(tmp_path, "a.CR2", "c.jpg"))) == ["a.CR2", "c.jpg"]


def test_what_is_left_out_is_told_with_its_remedy() -> None:
    told = told_left_out({"hidden": 3, ".cr2": 1200, ".mov": 3})
    assert told == (
        "1,200 .cr2 (a camera's raw file: pip install 'automask[raw]'), 3 .mov, 3 hidden"
    )


# Two files of one photograph.


@pytest.mark.parametrize(
    ("files", "taken", "reason"),
    [
        (("a.CR2", "a.JPG"), "a.JPG", "raw beside a picture of its name"),
        (("a.nef", "a.jpeg"), "a.jpeg", "raw beside a picture of its name"),
        (("a.arw", "a.HIF"), "a.HIF", "raw beside a picture of its name"),
        (("a.dng", "a.tif"), "a.tif", "raw beside a picture of its name"),
        (("a.HEIC", "a.JPG"), "a.JPG", "HEIC beside a JPEG of its name"),
        (("a.heif", "a.jpe"), "a.jpe", "HEIC beside a JPEG of its name"),
        (("Mo\u0308we.cr3", "M\u00f6we.jpg"), "M\u00f6we.jpg", "raw beside a picture of its name"),
    ],
)
def test_of_a_camera_s_pair_one_is_taken_and_the_other_counted(
    tmp_path: Path, files: tuple[str, ...], taken: str, reason: str
) -> None:
    listing = scan_part(put(tmp_path, *files))
    assert (names(listing), listing.left_out) == ([taken], {reason: 1})
    assert names(scan_part(tmp_path, keep_extension=True)) == [taken]


def test_of_three_files_of_one_photograph_the_jpeg_is_taken(tmp_path: Path) -> None:
    assert names(scan_part(put(tmp_path, "a.cr2", "a.heic", "a.jpg"))) == ["a.jpg"]


def test_a_pair_is_of_one_folder(tmp_path: Path) -> None:
    put(tmp_path, "jpg/a.jpg", "heic/a.heic")
    assert names(scan_part(tmp_path)) == ["heic/a.heic", "jpg/a.jpg"]


def test_none_gives_way_to_one_that_is_left_out(tmp_path: Path) -> None:
    put(tmp_path, "a.heic", "a.jpg")
    assert names(scan_part(tmp_path, rules=Rules(tmp_path, exclude=["*.jpg"]))) == ["a.heic"]


def test_two_pictures_that_no_camera_writes_as_a_pair_collide_still(tmp_path: Path) -> None:
    with pytest.raises(CollisionError, match=r"'a\.heic', 'a\.png'"):
        scan_part(put(tmp_path, "a.heic", "a.png"))


# Folders that cannot be read.

real_scandir = os.scandir


def refusing(refused: str, error: OSError) -> Any:
    @contextmanager
    def scandir(path: Path) -> Iterator[Any]:
        if Path(path).name == refused:
            raise error
        with real_scandir(path) as entries:
            yield entries

    return scandir


@pytest.mark.parametrize(
    ("name", "error"),
    [
        ("lost+found", PermissionError(13, "Permission denied")),
        ("private", PermissionError(1, "Operation not permitted")),
        ("gone", FileNotFoundError(2, "No such file or directory")),
        ("broken", OSError(5, "Input/output error")),
        ("stale", OSError(116, "Stale file handle")),
    ],
)
def test_a_folder_that_cannot_be_read_is_named_and_the_rest_is_seen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, error: OSError
) -> None:
    put(tmp_path, "a.jpg", f"album/{name}/b.jpg", "album/c.jpg")
    monkeypatch.setattr(os, "scandir", refusing(name, error))
    listing = scan_part(tmp_path)
    assert names(listing) == ["a.jpg", "album/c.jpg"]
    assert listing.unseen == (f"album/{name} ({error.strerror})",)


def test_an_input_that_cannot_be_read_itself_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "scandir", refusing(tmp_path.name, PermissionError(13, "denied")))
    with pytest.raises(UsageError, match=r"cannot list .*: denied; make it readable"):
        scan_part(tmp_path)


def test_who_counts_on_all_files_hears_of_a_folder_that_cannot_be_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(tmp_path, "a.png", "private/b.png")
    monkeypatch.setattr(os, "scandir", refusing("private", PermissionError(13, "denied")))
    with pytest.raises(UsageError, match=r"cannot list .*: private \(denied\)"):
        scan(tmp_path)


# Names.

NFC, NFD = "M\u00f6bel/K\u00e4fer", "Mo\u0308bel/Ka\u0308fer"


@pytest.mark.parametrize(
    "pair",
    [
        (f"{NFC}.png", f"{NFD}.png"),
        (f"{NFC}.jpg", f"{NFD}.png"),
        ("caf\u00e9.jpg", "cafe\u0301.jpg"),
        ("\ud55c.jpg", "\u1112\u1161\u11ab.jpg"),  # a Korean syllable, and its three letters
        ("\u212b.jpg", "\u00c5.jpg"),  # the angstrom sign is the letter
    ],
)
def test_two_spellings_of_one_name_collide(tmp_path: Path, pair: tuple[str, str]) -> None:
    put(tmp_path, *pair)
    with pytest.raises(CollisionError, match="would write the same output"):
        scan_part(tmp_path)


@pytest.mark.parametrize("name", [f"{NFC}.png", f"{NFD}.png"])
def test_a_name_keeps_the_spelling_of_the_disk(tmp_path: Path, name: str) -> None:
    assert names(scan_part(put(tmp_path, name))) == [name]


@pytest.mark.parametrize(
    ("image", "inside"),
    [
        ("shoe.jpg", "shoe.png/left.jpg"),
        ("a/shoe.jpg", "a/shoe.png/deep/left.jpg"),
        ("K\u00e4fer.jpg", "Ka\u0308fer.png/left.jpg"),
    ],
)
def test_a_result_that_would_be_file_and_folder_is_a_collision(
    tmp_path: Path, image: str, inside: str
) -> None:
    put(tmp_path, image, inside)
    with pytest.raises(CollisionError, match=r"so would be the folder .*"):
        scan_part(tmp_path)
    # Seen by the task of the photograph, whoever masks what lies in the folder.
    with pytest.raises(CollisionError, match="--keep-extension"):
        scan_part(tmp_path, holds=lambda path: path == image)


def test_a_folder_named_like_a_result_collides_with_nothing_alone(tmp_path: Path) -> None:
    put(tmp_path, "shoe.png/left.jpg", "other.jpg", "boot.png/notes.txt", "boot.jpg")
    assert len(scan_part(tmp_path).jobs) == 3


def test_keeping_the_extension_resolves_that_collision(tmp_path: Path) -> None:
    put(tmp_path, "shoe.jpg", "shoe.png/left.jpg")
    assert len(scan_part(tmp_path, keep_extension=True).jobs) == 2
