"""names: composed or decomposed, a name is one name; on disk it stays as it is."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from automask.image.names import ByName, normal, on_disk

NFC, NFD = "M\u00f6bel/K\u00e4fer.png", "Mo\u0308bel/Ka\u0308fer.png"


def test_both_spellings_have_one_form() -> None:
    assert normal(NFD) == normal(NFC) == NFC


def test_a_name_that_is_no_utf8_stays_as_it_is() -> None:
    name = os.fsdecode(b"caf\xe9.png")
    assert normal(name) == name


@pytest.mark.parametrize("there", [NFC, NFD, "M\u00f6bel/Ka\u0308fer.png"])
@pytest.mark.parametrize("asked", [NFC, NFD])
def test_a_file_is_found_however_the_disk_spells_it(tmp_path: Path, there: str, asked: str) -> None:
    (tmp_path / there).parent.mkdir()
    (tmp_path / there).touch()
    assert on_disk(tmp_path, asked) == tmp_path / there


def test_of_a_file_that_is_not_there_the_name_stays_as_given(tmp_path: Path) -> None:
    assert on_disk(tmp_path, NFD) == tmp_path / NFD


def test_where_both_are_there_each_is_its_own(tmp_path: Path) -> None:
    for name in ("\u00e4.png", "a\u0308.png"):
        (tmp_path / name).touch()
        assert on_disk(tmp_path, name) == tmp_path / name


def test_values_are_found_by_either_spelling() -> None:
    values: ByName[int] = ByName()
    values[NFD] = 1
    assert (values[NFC], values.get(NFD), NFC in values, NFD in values) == (1, 1, True, True)
    values[NFC] = 2
    assert len(values) == 1
    assert values.pop(NFD) == 2
    assert values.get(NFC, 3) == 3
