"""run_json: the one reader of what a run says of itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from automask.errors import UsageError
from automask.output.run_json import input_folder, read_run_json, setting, write_run_json


def test_what_was_written_is_read(tmp_path: Path) -> None:
    write_run_json(tmp_path, {"config": {"input": "photos", "trimap": {"contour_px": 2}}})
    described = read_run_json(tmp_path)
    assert setting(described, "config", "trimap", "contour_px") == 2
    assert input_folder(described) == Path("photos")


def test_a_setting_that_is_not_there_is_none(tmp_path: Path) -> None:
    write_run_json(tmp_path, {"config": {"input": 3}})
    described = read_run_json(tmp_path)
    assert setting(described, "config", "trimap", "values") is None
    assert setting(described, "config", "input", "deeper") is None
    assert input_folder(described) is None


@pytest.mark.parametrize("content", [None, b"", b"\xff\xfe", b"{", b"[1, 2]"])
def test_a_missing_or_damaged_file_describes_nothing(tmp_path: Path, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / "run.json").write_bytes(content)
    assert read_run_json(tmp_path) == {}


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "run.json").mkdir()
    with pytest.raises(UsageError, match=r"cannot read .*run\.json: Is a directory"):
        read_run_json(tmp_path)
