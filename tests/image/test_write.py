"""write: a result as pixels, as PNG bytes, and as a file that is whole or absent."""

from __future__ import annotations

import errno
import io
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from automask.image.write import encode_png, output_path
from automask.system.files import partial_name, write_atomic

Pixels = NDArray[np.uint8]


def decoded(png: bytes) -> Image.Image:
    return Image.open(io.BytesIO(png))


def fails(code: int) -> object:
    """A function of the system that fails with this error."""

    def fail(*_: object) -> None:
        raise OSError(code, os.strerror(code))

    return fail


@contextmanager
def umask(mask: int) -> Iterator[None]:
    before = os.umask(mask)
    try:
        yield
    finally:
        os.umask(before)


# Where results go.


@pytest.mark.parametrize(
    ("kind", "path"),
    [
        ("trimap", "trimaps/shoes/a.png"),
        ("mask", "masks/shoes/a.png"),
        ("overlay", "overlays/shoes/a.png"),
        ("cutout", "cutouts/shoes/a.png"),
        ("alpha", "alphas/shoes/a.png"),
        ("objects", "objects/shoes/a.png"),
    ],
)
def test_each_kind_of_result_has_its_folder(kind: str, path: str) -> None:
    assert output_path("shoes/a", kind) == path


def test_a_dot_in_the_stem_is_no_extension() -> None:
    assert output_path("v1.2/a.jpg", "trimap") == "trimaps/v1.2/a.jpg.png"


# As PNG.


def test_a_gray_png_holds_every_label_unchanged() -> None:
    labels = np.arange(256, dtype=np.uint8).reshape(16, 16)
    image = decoded(encode_png(labels))
    assert (image.format, image.mode) == ("PNG", "L")
    assert np.asarray(image).tolist() == labels.tolist()


def test_a_png_of_16_bits_holds_every_id_unchanged() -> None:
    ids = np.array([[0, 255, 256, 65535]], np.uint16)
    assert np.asarray(decoded(encode_png(ids))).tolist() == ids.tolist()


def test_an_rgb_png_keeps_the_order_of_the_channels() -> None:
    pixels = np.array([[[255, 0, 0], [1, 2, 3]]], np.uint8)
    image = decoded(encode_png(pixels))
    assert image.mode == "RGB"
    assert np.asarray(image).tolist() == [[[255, 0, 0], [1, 2, 3]]]


def test_an_rgba_png_keeps_the_order_of_the_channels() -> None:
    pixels = np.array([[[255, 0, 0, 255], [1, 2, 3, 0]]], np.uint8)
    image = decoded(encode_png(pixels))
    assert image.mode == "RGBA"
    assert np.asarray(image).tolist() == [[[255, 0, 0, 255], [1, 2, 3, 0]]]


def test_the_same_pixels_give_the_same_bytes() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (40, 60, 3), np.uint8)
    assert encode_png(pixels) == encode_png(pixels.copy())


# As a file.


def test_a_file_holds_the_bytes_and_lies_there_alone(tmp_path: Path) -> None:
    write_atomic(tmp_path / "a.png", b"whole")
    assert (tmp_path / "a.png").read_bytes() == b"whole"
    assert os.listdir(tmp_path) == ["a.png"]


def test_missing_folders_are_made(tmp_path: Path) -> None:
    write_atomic(tmp_path / "trimaps" / "shoes" / "a.png", b"whole")
    assert (tmp_path / "trimaps" / "shoes" / "a.png").read_bytes() == b"whole"


def test_an_older_file_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"a longer one from before")
    write_atomic(tmp_path / "a.png", b"new")
    assert (tmp_path / "a.png").read_bytes() == b"new"


@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_a_failed_write_leaves_nothing_where_nothing_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    monkeypatch.setattr(os, step, fails(errno.ENOSPC))
    with pytest.raises(OSError, match="No space left"):
        write_atomic(tmp_path / "a.png", b"whole")
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_a_failed_write_leaves_the_older_file_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    (tmp_path / "a.png").write_bytes(b"old")
    monkeypatch.setattr(os, step, fails(errno.EIO))
    with pytest.raises(OSError, match="Input/output error"):
        write_atomic(tmp_path / "a.png", b"whole")
    assert os.listdir(tmp_path) == ["a.png"]
    assert (tmp_path / "a.png").read_bytes() == b"old"


def test_the_bytes_are_on_the_disk_before_the_file_gets_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps: list[str] = []
    fsync, replace = os.fsync, os.replace

    def watched_fsync(descriptor: int) -> None:
        steps.append(f"sync {os.fstat(descriptor).st_size} bytes")
        fsync(descriptor)

    def watched_replace(source: Path, target: Path) -> None:
        steps.append(f"name {Path(target).name}")
        replace(source, target)

    monkeypatch.setattr(os, "fsync", watched_fsync)
    monkeypatch.setattr(os, "replace", watched_replace)
    write_atomic(tmp_path / "a.png", b"whole")
    assert steps == ["sync 5 bytes", "name a.png"]


def test_a_rerun_clears_away_what_a_killed_run_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", killed)
        with pytest.raises(KeyboardInterrupt):
            write_atomic(tmp_path / "a.png", b"much more than the rerun writes")
    assert "a.png" not in os.listdir(tmp_path)

    write_atomic(tmp_path / "a.png", b"whole")
    assert os.listdir(tmp_path) == ["a.png"]
    assert (tmp_path / "a.png").read_bytes() == b"whole"


def test_what_a_killed_run_leaves_is_hidden(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # So that no listing of the folder, and no scan, takes it for a result.
    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "replace", killed)
    with pytest.raises(KeyboardInterrupt):
        write_atomic(tmp_path / "a.png", b"half")
    left = os.listdir(tmp_path)
    assert [(name[0], name.endswith(".png")) for name in left] == [(".", False)]


@pytest.mark.parametrize(("mask", "mode"), [(0o027, 0o640), (0o022, 0o644), (0o077, 0o600)])
def test_the_mode_of_a_file_follows_the_umask(tmp_path: Path, mask: int, mode: int) -> None:
    with umask(mask):
        write_atomic(tmp_path / "a.png", b"whole")
    assert stat.S_IMODE((tmp_path / "a.png").stat().st_mode) == mode


@pytest.mark.parametrize("length", [250, 255])
def test_a_name_may_be_as_long_as_the_file_system_allows(tmp_path: Path, length: int) -> None:
    name = "x" * (length - 4) + ".png"
    write_atomic(tmp_path / name, b"whole")
    assert os.listdir(tmp_path) == [name]


def test_a_name_that_is_not_utf8_is_kept(tmp_path: Path) -> None:
    write_atomic(tmp_path / os.fsdecode(b"caf\xe9.png"), b"whole")
    assert os.listdir(os.fsencode(tmp_path)) == [b"caf\xe9.png"]


def test_two_files_of_one_folder_do_not_share_their_temporary_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    temporary: list[Path] = []
    replace = os.replace

    def watched(source: Path, target: Path) -> None:
        temporary.append(source)
        replace(source, target)

    monkeypatch.setattr(os, "replace", watched)
    write_atomic(tmp_path / "a.png", b"a")
    write_atomic(tmp_path / "b.png", b"b")
    assert len(set(temporary)) == 2


# Two tries of one image at once, of which one was given up too early.


def test_two_tries_at_once_write_into_two_temporary_files() -> None:
    assert partial_name("a.png", 1) == partial_name("a.png")
    assert len({partial_name("a.png", attempt) for attempt in (1, 2, 3)}) == 3


def test_the_slower_of_two_tries_leaves_a_whole_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While the first writes, the second writes too, is done, and tidies up."""
    fsync, calls = os.fsync, []

    def other_try(descriptor: int) -> None:
        fsync(descriptor)
        if not calls:
            calls.append(descriptor)
            write_atomic(tmp_path / "a.png", b"by the second", attempt=2)
            (tmp_path / partial_name("a.png")).unlink()

    monkeypatch.setattr(os, "fsync", other_try)
    write_atomic(tmp_path / "a.png", b"by the first")
    assert (tmp_path / "a.png").read_bytes() == b"by the first"
    assert [file.name for file in tmp_path.iterdir()] == ["a.png"]
