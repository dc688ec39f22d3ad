"""File names in other people's formats."""

from __future__ import annotations

import os
from urllib.parse import unquote_to_bytes

import pytest

from automask.errors import ImageError
from automask.export.names import flat_name, top_folder, xml_name

NAMES = ["a", "a/b", "a%2Fb", "a b", "ü", "bad\udcff", "new\nline", '"><script>', "-rf"]


@pytest.mark.parametrize("name", NAMES)
def test_a_flat_name_gives_the_path_back(name: str) -> None:
    flat = flat_name(name)
    assert os.fsdecode(unquote_to_bytes(flat)) == name
    assert flat.isascii()
    assert not set(flat) & set("/\n\"<> '")


def test_a_long_name_fits_a_file_system_and_stays_its_own() -> None:
    one, other = flat_name("ü" * 80 + "1"), flat_name("ü" * 80 + "2")
    assert len(one) == len(other) == 200
    assert one != other


@pytest.mark.parametrize("name", ["bad\udcff", "bell\x07", "\ufffe"])
def test_what_xml_cannot_hold_is_refused(name: str) -> None:
    with pytest.raises(ImageError, match="which XML cannot hold"):
        xml_name(name)


@pytest.mark.parametrize("name", ["a\nb", "a\tb", '"><x>', "\u202e", "日本", "\U0001f600"])
def test_what_xml_can_hold_stays(name: str) -> None:
    assert xml_name(name) == name


def test_the_class_is_the_first_folder() -> None:
    assert [top_folder(image) for image in ("a/b/c.jpg", "a/c.jpg", "c.jpg")] == ["a", "a", None]
