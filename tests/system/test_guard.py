"""guard: one process at a time, also where the file system has no locks."""

from __future__ import annotations

import errno
import fcntl
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from filelock import Timeout

from automask.output.lock import guarded, is_held, locked
from automask.system import guard
from automask.system.guard import alone


@pytest.fixture(params=[errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOSYS])
def refused(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file system without locks."""

    def flock(_file: object, _how: int) -> None:
        raise OSError(request.param, os.strerror(request.param))

    monkeypatch.setattr(fcntl, "flock", flock)
    monkeypatch.setattr(guard, "_said", set())


@pytest.mark.usefixtures("refused")
def test_a_second_one_waits_in_vain_and_then_gets_it(tmp_path: Path) -> None:
    again = alone(tmp_path / "lock", timeout=0.2)
    with alone(tmp_path / "lock"), pytest.raises(Timeout), again:
        pass
    with alone(tmp_path / "lock", timeout=0):
        pass


@pytest.mark.usefixtures("refused")
def test_it_leaves_nothing_that_holds_the_next_one_up(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError), alone(tmp_path / "lock"):
        raise RuntimeError
    assert [entry for entry in tmp_path.iterdir() if entry.is_dir()] == []


@pytest.mark.usefixtures("refused")
def test_an_output_is_held_and_refused_as_ever(tmp_path: Path) -> None:
    with guarded(tmp_path):
        pass
    with locked(tmp_path, "run", "run"):
        assert is_held(tmp_path / "records" / "run.lock")
    assert not is_held(tmp_path / "records" / "run.lock")


@pytest.fixture
def without_native_locks(monkeypatch: pytest.MonkeyPatch) -> None:
    """filelock as it is where it does not help itself."""

    class Refusing:
        def __init__(self, *_: object, **__: object) -> None:
            pass

        def acquire(self) -> None:
            raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(guard, "FileLock", Refusing)
    monkeypatch.setattr(guard, "_said", set())


@pytest.mark.usefixtures("without_native_locks")
def test_a_folder_stands_for_the_lock_and_that_is_said_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for _ in range(3):
        with alone(tmp_path / "lock"):
            assert (tmp_path / "lock.folder").is_dir()
    assert capsys.readouterr().err.count("has no locks (No locks available)") == 1


@pytest.mark.usefixtures("without_native_locks")
def test_the_folder_of_a_killed_process_is_taken_away(tmp_path: Path) -> None:
    (tmp_path / "lock.folder").mkdir()
    old = time.time() - guard.STALE_SECONDS - 5
    os.utime(tmp_path / "lock.folder", (old, old))
    with alone(tmp_path / "lock", timeout=1):
        pass
    assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("without_native_locks")
def test_a_folder_that_is_touched_is_not_taken_away(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guard, "TOUCH_SECONDS", 0.05)
    monkeypatch.setattr(guard, "STALE_SECONDS", 0.5)
    with alone(tmp_path / "lock"):
        time.sleep(0.8)
        with pytest.raises(Timeout), alone(tmp_path / "lock", timeout=0.1):
            pass


def test_another_fault_is_none_of_its_business(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with (
        pytest.raises(OSError, match=r"File exists|Not a directory"),
        alone(tmp_path / "file" / "l"),
    ):
        pass


def test_two_processes_are_never_in_at_once(tmp_path: Path) -> None:
    """Each adds one to a number, many times, by reading and writing it."""
    (tmp_path / "number").write_text("0")
    program = (
        "import fcntl, errno, sys\n"
        "from pathlib import Path\n"
        "def flock(*_): raise OSError(errno.ENOLCK, 'No locks available')\n"
        "fcntl.flock = flock\n"
        "from automask.system.guard import alone\n"
        "place = Path(sys.argv[1])\n"
        "for _ in range(20):\n"
        "    with alone(place / 'lock'):\n"
        "        n = int((place / 'number').read_text())\n"
        "        (place / 'number').write_text(str(n + 1))\n"
    )
    command = [sys.executable, "-c", program, str(tmp_path)]
    running = [subprocess.Popen(command) for _ in range(2)]
    assert [one.wait(timeout=60) for one in running] == [0, 0]
    assert (tmp_path / "number").read_text() == "40"


def test_who_has_locks_respects_the_folder_of_one_who_has_none(tmp_path: Path) -> None:
    (tmp_path / "lock.folder").mkdir()
    with pytest.raises(Timeout), alone(tmp_path / "lock", timeout=0.1):
        pass
    (tmp_path / "lock.folder").rmdir()
    with alone(tmp_path / "lock", timeout=0.1):
        pass
