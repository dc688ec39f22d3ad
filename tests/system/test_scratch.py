"""The temporary folder of a run."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from automask.errors import WorkersError
from automask.system.scratch import PREFIX, scratch_folder


@pytest.fixture(autouse=True)
def _own_temporary_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))


def folders(tmp_path: Path) -> list[Path]:
    return list(tmp_path.glob(f"{PREFIX}*"))


def test_it_goes_with_its_content(tmp_path: Path) -> None:
    with scratch_folder() as folder:
        (folder / "weights").write_text("large")
    assert folders(tmp_path) == []


def test_two_runs_have_two() -> None:
    with scratch_folder() as first, scratch_folder() as second:
        assert first != second
        assert first.is_dir()


def test_that_of_a_killed_process_goes_with_the_next_run(tmp_path: Path) -> None:
    code = (
        "import os, sys, tempfile; tempfile.tempdir = sys.argv[1]\n"
        "from automask.system.scratch import scratch_folder\n"
        "with scratch_folder(): os.kill(os.getpid(), 9)"
    )
    subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=False)
    (left,) = folders(tmp_path)
    with scratch_folder() as mine:
        assert folders(tmp_path) == [mine]
    assert not left.exists()


def test_where_none_can_be_made_the_error_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "not there"))
    with (
        pytest.raises(WorkersError, match=r"(?s)No such file .*not there.*TMPDIR"),
        scratch_folder(),
    ):
        pass
