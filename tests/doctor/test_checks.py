"""Each check of `automask doctor`, on machines that are told to it."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from automask.doctor import storage
from automask.doctor.finding import FAULT, OK, WARNING, Finding, exit_code
from automask.doctor.memory import available_mb, check_memory
from automask.doctor.packages import check_extras, check_opencv
from automask.doctor.processor import check_cores, check_instructions, cpu_flags


def test_only_a_fault_is_an_exit_code() -> None:
    assert exit_code([Finding("a", OK, ""), Finding("b", WARNING, "")]) == 0
    assert exit_code([Finding("a", OK, ""), Finding("b", FAULT, "")]) == 1


def test_the_flags_of_the_first_core_are_read(tmp_path: Path) -> None:
    (tmp_path / "cpuinfo").write_text("processor : 0\nflags\t\t: fpu avx2 avx512f\n\nflags : no\n")
    assert cpu_flags(tmp_path / "cpuinfo") == {"fpu", "avx2", "avx512f"}
    assert cpu_flags(tmp_path / "none") == frozenset()


@pytest.mark.parametrize(
    ("flags", "state", "word"),
    [
        ({"avx2", "avx512f", "avx512_bf16", "amx_bf16"}, OK, "AMX"),
        ({"avx2", "avx512f", "avx512_bf16"}, OK, "AVX512-BF16"),
        ({"avx2"}, OK, "AVX2, without bfloat16"),
        ({"asimd"}, OK, "NEON"),
        ({"sse2"}, WARNING, "no AVX2"),
        (set(), OK, "unknown"),
    ],
)
def test_what_the_processor_can_do_is_told(flags: set[str], state: str, word: str) -> None:
    found = check_instructions(frozenset(flags))
    assert found.state == state
    assert word in found.text


def test_cores_kept_from_others_are_told() -> None:
    assert check_cores(2, 64).text.startswith("2 of 64: affinity or a cgroup")
    assert check_cores(8, 8).text == "8"


@pytest.mark.parametrize(
    ("available", "state", "remedy"),
    [(4000, OK, ""), (2500, WARNING, "--workers 2"), (900, FAULT, "more memory")],
)
def test_memory_is_held_against_the_workers(available: float, state: str, remedy: str) -> None:
    found = check_memory(available, 1000.0, workers=4)
    assert found.state == state
    assert found.remedy.startswith(remedy)


def test_a_container_s_limit_counts_where_it_is_lower(tmp_path: Path) -> None:
    (tmp_path / "memory.max").write_text(f"{300 * 2**20}\n")
    (tmp_path / "memory.current").write_text(f"{100 * 2**20}\n")
    assert available_mb(tmp_path) == 200
    (tmp_path / "memory.max").write_text("max\n")
    assert available_mb(tmp_path) > 200


def test_opencv_python_beside_the_headless_one_is_a_warning() -> None:
    found = check_opencv({"opencv-python": "4.10"}.get)
    assert found.state == WARNING
    assert found.remedy.startswith("pip uninstall opencv-python,")
    assert check_opencv({}.get).state == OK


def test_missing_extras_are_told_and_no_fault() -> None:
    found = check_extras({"sam2": "1.1.0"}.get)
    assert found.state == OK
    assert found.text.startswith("sam2; not installed: dask (--scheduler), table (Parquet)")


def test_a_sound_file_system_passes(tmp_path: Path) -> None:
    checks = (storage.check_locks, storage.check_rename, storage.check_names, storage.check_times)
    assert [check(tmp_path).state for check in checks] == [OK, OK, OK, OK]


def test_locks_that_keep_nobody_out_are_a_fault(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(storage, "TRY_LOCK", "")  # the other process is let in
    assert storage.check_locks(tmp_path).text == "two processes could hold one lock"


def test_little_room_is_a_warning_and_none_a_fault(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def room(free: float) -> str:
        usage = shutil._ntuple_diskusage(100 * 2**30, 0, int(free * 2**30))
        monkeypatch.setattr(storage.shutil, "disk_usage", lambda _place: usage)
        return storage.check_space(tmp_path).state

    assert [room(50), room(0.5), room(0.01)] == [OK, WARNING, FAULT]


def test_a_clock_that_is_off_is_a_warning(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    now = os.stat(tmp_path).st_mtime
    monkeypatch.setattr(storage.time, "time", lambda: now - 3600)
    assert "+3,600 s from ours" in storage.check_times(tmp_path).text


def test_a_folder_that_is_not_there_yet_is_looked_at_from_above(tmp_path: Path) -> None:
    assert storage.existing(tmp_path / "a" / "b") == tmp_path
