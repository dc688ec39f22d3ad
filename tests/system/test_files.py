"""Files to be written are tried before the work."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from automask.errors import UsageError
from automask.system.files import follow_umask, refuse_unwritable, replacing


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


def test_a_file_is_replaced_when_it_is_whole(tmp_path: Path) -> None:
    file = tmp_path / "new" / "r.csv"
    with replacing(file) as partial:
        partial.write_text("whole")
        assert not file.exists()
    assert file.read_text() == "whole"
    assert list(file.parent.iterdir()) == [file]


def test_a_file_that_could_not_be_finished_leaves_what_was_there(tmp_path: Path) -> None:
    file = tmp_path / "r.csv"
    file.write_text("earlier")

    def fail() -> None:
        with replacing(file) as partial:
            partial.write_text("ha")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert file.read_text() == "earlier"
    assert list(tmp_path.iterdir()) == [file]


def test_a_file_that_a_library_wrote_follows_the_umask(tmp_path: Path) -> None:
    file = tmp_path / "weights.safetensors"
    file.touch(0o600)
    before = os.umask(0o022)
    try:
        follow_umask(file)
    finally:
        os.umask(before)
    assert file.stat().st_mode & 0o777 == 0o644
    assert [one.name for one in tmp_path.iterdir()] == ["weights.safetensors"]
