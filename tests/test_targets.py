"""Files to be written are tried before the work."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from automask.errors import UsageError
from automask.targets import refuse_unwritable


def test_a_file_that_can_be_written_is_not_written_yet(tmp_path: Path) -> None:
    refuse_unwritable(tmp_path / "new" / "a.json", "--json")
    assert os.listdir(tmp_path) == ["new"]
    assert os.listdir(tmp_path / "new") == []


def test_a_file_that_is_there_stays_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text("old")
    refuse_unwritable(tmp_path / "a.json", "--json")
    assert (tmp_path / "a.json").read_text() == "old"


def test_a_folder_in_its_place_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"--json .* is a folder"):
        refuse_unwritable(tmp_path, "--json")


def test_a_file_where_a_folder_should_be_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a").touch()
    with pytest.raises(UsageError, match="cannot write"):
        refuse_unwritable(tmp_path / "a" / "b.json", "--json")


def test_another_suffix_is_refused(tmp_path: Path) -> None:
    refuse_unwritable(tmp_path / "a.svg", "--picture", ".png", ".svg")
    with pytest.raises(UsageError, match=r"--picture must end in \.png or \.svg, not 'a\.pdf'"):
        refuse_unwritable(tmp_path / "a.pdf", "--picture", ".png", ".svg")
