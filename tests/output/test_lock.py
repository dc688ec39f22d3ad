"""One run at a time for an output; a lock whose holder is gone holds nobody up."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from automask.errors import LockedError
from automask.output import lock
from automask.output.lock import STALE_SECONDS, is_held, locked


def lock_file(output: Path, task: str = "run") -> Path:
    return output / "records" / f"{task}.lock"


def leave_a_lock(output: Path, **changes: object) -> None:
    """A lock as a run leaves it that cannot remove it any more."""
    with locked(output, "run", "run"):
        holder = json.loads(lock_file(output).read_text())
    lock_file(output).write_text(json.dumps({**holder, **changes}))


def test_a_second_run_is_refused_and_told_who_holds_it(tmp_path: Path) -> None:
    with locked(tmp_path, "run", "run"):
        with pytest.raises(LockedError) as refused, locked(tmp_path, "run", "run"):
            pass
        assert f"process {os.getpid()}" in str(refused.value)
        assert str(lock_file(tmp_path)) in str(refused.value)


def test_the_refused_one_does_not_take_the_lock_away(tmp_path: Path) -> None:
    with locked(tmp_path, "run", "run"):
        with pytest.raises(LockedError), locked(tmp_path, "run", "run"):
            pass
        assert is_held(lock_file(tmp_path))


def test_after_a_run_the_output_is_free(tmp_path: Path) -> None:
    with locked(tmp_path, "run", "run"):
        pass
    assert not lock_file(tmp_path).exists()
    with locked(tmp_path, "run", "run"):
        assert is_held(lock_file(tmp_path))


def test_after_an_error_the_output_is_free(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), locked(tmp_path, "run", "run"):
        _ = 1 / 0
    assert not lock_file(tmp_path).exists()


def test_the_tasks_of_one_array_share_an_output(tmp_path: Path) -> None:
    with locked(tmp_path, "shard-1", "of-2"), locked(tmp_path, "shard-2", "of-2"):
        assert is_held(lock_file(tmp_path, "shard-1"))
        assert is_held(lock_file(tmp_path, "shard-2"))


@pytest.mark.parametrize(
    ("task", "group"), [("shard-1", "of-2"), ("shard-1", "of-3"), ("run", "run")],
    ids=["the same task", "an array of another size", "a run of everything"],
)  # fmt: skip
def test_a_task_keeps_out(tmp_path: Path, task: str, group: str) -> None:
    with (
        locked(tmp_path, "shard-1", "of-2"),
        pytest.raises(LockedError, match="shard-1 runs on"),
        locked(tmp_path, task, group),
    ):
        pass


# Stale locks.


def test_the_lock_of_a_process_that_was_killed_is_taken_at_once(tmp_path: Path) -> None:
    code = (
        "import os, sys; from pathlib import Path; from automask.output.lock import locked\n"
        "with locked(Path(sys.argv[1]), 'run', 'run'): os.kill(os.getpid(), 9)"
    )
    subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=False)
    assert lock_file(tmp_path).exists()
    with locked(tmp_path, "run", "run"):
        assert is_held(lock_file(tmp_path))


def test_another_process_with_the_number_of_the_dead_one_is_not_it(tmp_path: Path) -> None:
    leave_a_lock(tmp_path, process_started=0.0, start_ticks=0)
    with locked(tmp_path, "run", "run"):
        pass


def test_a_holder_on_another_machine_is_believed_while_it_gives_signs_of_life(
    tmp_path: Path,
) -> None:
    leave_a_lock(tmp_path, place="elsewhere", host="elsewhere")
    with pytest.raises(LockedError, match="runs on elsewhere"), locked(tmp_path, "run", "run"):
        pass


def test_and_not_when_it_has_given_none_for_long(tmp_path: Path) -> None:
    leave_a_lock(tmp_path, place="elsewhere")
    long_ago = time.time() - STALE_SECONDS - 5
    os.utime(lock_file(tmp_path), (long_ago, long_ago))
    with locked(tmp_path, "run", "run"):
        pass


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs Linux's /proc")
def test_a_holder_is_known_again_after_the_clock_was_set(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with locked(tmp_path, "run", "run"):
        monkeypatch.setattr(psutil.Process, "create_time", lambda _: 0.0)
        assert is_held(lock_file(tmp_path))


@pytest.mark.parametrize(("seconds_off", "held"), [(0.0, True), (3.0, False)])
def test_a_lock_of_an_earlier_version_goes_by_the_time_at_which_its_process_was_started(
    tmp_path: Path, seconds_off: float, held: bool
) -> None:
    started = psutil.Process().create_time() + seconds_off
    leave_a_lock(tmp_path, process_started=started, start_ticks=None)
    assert is_held(lock_file(tmp_path)) == held


def test_a_process_that_ended_and_that_nobody_asks_how_holds_nothing(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as zombie:
        os.waitid(os.P_PID, zombie.pid, os.WEXITED | os.WNOWAIT)
        started = psutil.Process(zombie.pid).create_time()
        ticks = lock._start_ticks(zombie.pid)
        leave_a_lock(tmp_path, pid=zombie.pid, process_started=started, start_ticks=ticks)
        assert not is_held(lock_file(tmp_path))


# Of one batch job.


def test_two_runs_of_one_batch_job_on_one_machine_keep_each_other_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SLURM_JOB_ID", "17")  # `srun -n 2`, or `a & b` in its script
    with (
        locked(tmp_path, "run", "run"),
        pytest.raises(LockedError),
        locked(tmp_path, "run", "run"),
    ):
        pass


@pytest.mark.parametrize(
    ("job", "count"),
    [("SLURM_JOB_ID", "SLURM_RESTART_COUNT"), ("AWS_BATCH_JOB_ID", "AWS_BATCH_JOB_ATTEMPT")],
)
def test_and_on_two_machines_until_it_is_started_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, job: str, count: str
) -> None:
    monkeypatch.setenv(job, "17")
    leave_a_lock(tmp_path, place="a node of the same job")
    with pytest.raises(LockedError), locked(tmp_path, "run", "run"):
        pass
    monkeypatch.setenv(count, "1")
    with locked(tmp_path, "run", "run"):
        pass


@pytest.mark.parametrize(
    ("job", "told"), [("PBS_JOBID", {}), ("SLURM_JOB_ID", {"batch_start": None})],
    ids=["PBS", "the lock of an earlier version"],
)  # fmt: skip
def test_where_the_starts_are_not_counted_a_task_elsewhere_is_taken_for_started_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, job: str, told: dict[str, None]
) -> None:
    monkeypatch.setenv(job, "17")
    leave_a_lock(tmp_path, place="a node that was lost", **told)
    with locked(tmp_path, "run", "run"):
        pass


# Locks that say little.


@pytest.mark.parametrize("content", ["", "{", "[]", '{"task": "run"}'])
def test_a_lock_that_was_never_written_to_its_end_holds_nobody_up(
    tmp_path: Path, content: str
) -> None:
    (tmp_path / "records").mkdir()
    lock_file(tmp_path).write_text(content)
    with locked(tmp_path, "run", "run"):
        pass


def test_a_lock_that_is_not_there_is_not_held(tmp_path: Path) -> None:
    assert not is_held(lock_file(tmp_path))


def test_who_may_not_write_there_is_told_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(_: Path) -> None:
        raise PermissionError

    leave_a_lock(tmp_path, place="elsewhere")
    monkeypatch.setattr(Path, "touch", refused)
    assert is_held(lock_file(tmp_path))
