"""What the system says of its memory."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest

from automask.pool.memory import is_short, oom_kills


@pytest.fixture(autouse=True)
def machine(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """A machine with half of its memory free."""
    memory = SimpleNamespace(total=1000, available=500)
    monkeypatch.setattr(psutil, "virtual_memory", lambda: memory)
    return memory


def limit(folder: Path, maximum: str, current: int, inactive_file: int = 0) -> None:
    (folder / "memory.max").write_text(f"{maximum}\n")
    (folder / "memory.current").write_text(f"{current}\n")
    (folder / "memory.stat").write_text(f"anon 5\ninactive_file {inactive_file}\n")


def test_a_machine_with_room_is_not_short(tmp_path: Path) -> None:
    assert not is_short(tmp_path)


def test_a_machine_with_two_percent_left_is(tmp_path: Path, machine: SimpleNamespace) -> None:
    machine.available = 20
    assert is_short(tmp_path)


def test_a_container_at_its_limit_is_short_on_the_largest_machine(tmp_path: Path) -> None:
    limit(tmp_path, "1000", current=990)
    assert is_short(tmp_path)


def test_pages_of_files_that_were_read_are_no_shortage(tmp_path: Path) -> None:
    limit(tmp_path, "1000", current=990, inactive_file=400)
    assert not is_short(tmp_path)


def test_a_container_without_a_limit_is_not_short(tmp_path: Path) -> None:
    limit(tmp_path, "max", current=990)
    assert not is_short(tmp_path)


def test_kills_are_those_of_the_machine_and_of_the_container(tmp_path: Path) -> None:
    (tmp_path / "vmstat").write_text("pgfault 9\noom_kill 2\n")
    (tmp_path / "memory.events").write_text("oom 7\noom_kill 3\n")
    assert oom_kills(tmp_path / "vmstat", tmp_path) == 5


def test_a_system_that_does_not_tell_has_killed_nobody(tmp_path: Path) -> None:
    assert oom_kills(tmp_path / "vmstat", tmp_path) == 0
