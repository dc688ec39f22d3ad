"""kinds: what of a name is its extension, and which files begin as pictures do."""

from __future__ import annotations

from pathlib import Path

import pytest

from automask.image.kinds import extension_of, looks_like_picture, split_extension


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("a/b.c/IMG.1.JPG", ("a/b.c/IMG.1", ".JPG")),
        ("a.b/photo", ("a.b/photo", "")),
        ("Rome, 3. May at noon", ("Rome, 3. May at noon", "")),
        (".jpg", (".jpg", "")),
        ("a/.jpg", ("a/.jpg", "")),
        ("a.", ("a.", "")),
        ("a.jpg_original", ("a", ".jpg_original")),  # of exiftool: no picture to mask
    ],
)
def test_what_is_behind_the_last_dot_may_be_an_extension(
    name: str, expected: tuple[str, str]
) -> None:
    assert split_extension(name) == expected


def test_an_extension_is_compared_in_small_letters() -> None:
    assert extension_of("a/B.JPeG") == ".jpeg"


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        (b"\xff\xd8\xff\xe1", True),
        (b"\0\0\0\x1cftypheic", True),
        (b"RIFF\0\0\0\0WEBP", True),
        (b"RIFF\0\0\0\0WAVE", False),
        (b"\0\0\0\x1cftypmp42", False),  # a film
        (b"#!/bin/sh", False),
        (b"", False),
    ],
)
def test_pictures_are_known_by_their_first_bytes(
    tmp_path: Path, head: bytes, expected: bool
) -> None:
    (tmp_path / "a").write_bytes(head)
    assert looks_like_picture(tmp_path / "a") is expected
