"""A job array of a real SLURM, submitted with the script that `automask array` prints."""

from __future__ import annotations

import json
import os
import shlex
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from harness import by_image, leftovers, make_photographs, run_real, trimaps
from one_node_slurm import Slurm, missing, running

from automask.sharding.shard import Shard

pytestmark = pytest.mark.slow

TASKS = 4
PHOTOGRAPHS = 40
# Some tenths of a second for an image: time to disturb a task between two.
GRID = "[propose.settings]\npoints_per_side = 8\n"
FLAGS = ("--generator", "stock")
ENDED = {"COMPLETED", "FAILED", "CANCELLED", "TIMEOUT", "NODE_FAIL"}


@pytest.fixture(scope="module")
def slurm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Slurm]:
    absent = missing()
    if absent:
        reason = f"no SLURM here ({', '.join(absent)}): apt-get install slurm-wlm munge"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    with running(tmp_path_factory.mktemp("slurm")) as slurm:
        yield slurm


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Small photographs, enough to disturb a task before its last; not to be changed by a test."""
    folder = tmp_path_factory.mktemp("many") / "in"
    make_photographs(folder, PHOTOGRAPHS)
    (folder.parent / "grid.toml").write_text(GRID)
    return folder


@pytest.fixture(scope="module")
def by_one_run(many: Path) -> Path:
    """The output of one run, no array, that nothing happened to."""
    output = many.parent / "one"
    # The last --config counts.
    result = run_real(many, output, *FLAGS, "--config", str(many.parent / "grid.toml"))
    assert result.returncode == 0, result.stderr
    return output


@dataclass
class Submitted:
    """An array that was submitted into a folder of its own."""

    slurm: Slurm
    output: Path
    job: str = ""

    def ledger(self, task: int) -> list[str]:
        """The lines of a task's records file."""
        file = self.output / "records" / f"{Shard(task, TASKS).task_name}.jsonl"
        return file.read_text().splitlines() if file.exists() else []

    def log(self, task: int) -> str:
        return (self.output.parent / f"automask-{self.job}_{task}.log").read_text()

    def wait(self) -> dict[str, str]:
        """The states of the tasks when all have ended."""
        self.slurm.wait(
            lambda: set(self.slurm.states(self.job).values()) <= ENDED, "the array to end"
        )
        return self.slurm.states(self.job)


def print_script(slurm: Slurm, source: Path, folder: Path) -> Path:
    """Puts `automask.sbatch` into `folder`; returns where the array will put its results."""
    logs = folder / "logs and 'so on' 100%"  # a name to be quoted, for bash as for SLURM
    logs.mkdir()
    array = [sys.executable, "-m", "automask", "array", "--tasks", str(TASKS), "--cpus", "1"]
    flags = ["--config", str(source.parent / "grid.toml"), "--device", "cpu", *FLAGS]
    text = slurm.call(
        *array, "--logs", str(logs), str(source), str(logs / "out"), "--", *flags, cwd=folder
    )
    (folder / "automask.sbatch").write_text(text)
    return logs / "out"


def submit(slurm: Slurm, source: Path, folder: Path) -> Submitted:
    """The printed script, without the merging that would follow."""
    output = print_script(slurm, source, folder)
    job = slurm.call("sbatch", "--parsable", "automask.sbatch", cwd=folder).strip()
    return Submitted(slurm, output, job)


def assert_as_by_one_run(submitted: Submitted, by_one_run: Path) -> None:
    assert trimaps(submitted.output) == trimaps(by_one_run)
    assert leftovers(submitted.output) == []
    for task in range(1, TASKS + 1):
        images = [json.loads(line)["image"] for line in submitted.ledger(task)]
        assert sorted(images) == mine(by_one_run, task)


def mine(by_one_run: Path, task: int) -> list[str]:
    shard = Shard(task, TASKS)
    return sorted(name for name in trimaps(by_one_run) if shard.holds(name))


def a_task_at_work(submitted: Submitted, by_one_run: Path) -> int:
    """A task that has finished an image and has others left."""
    found: list[int] = []

    def look() -> bool:
        shares = {task: len(mine(by_one_run, task)) for task in range(1, TASKS + 1)}
        found.extend(t for t in shares if 0 < len(submitted.ledger(t)) < shares[t] - 1)
        return bool(found)

    submitted.slurm.wait(look, "a task to finish an image")
    return found[0]


def test_an_array_of_four_masks_what_one_run_masks_each_task_with_its_own_ledger(
    slurm: Slurm, many: Path, by_one_run: Path, tmp_path: Path
) -> None:
    submitted = submit(slurm, many, tmp_path)
    assert submitted.wait() == {str(task): "COMPLETED" for task in range(1, TASKS + 1)}
    assert_as_by_one_run(submitted, by_one_run)
    for task in range(1, TASKS + 1):
        share = len(mine(by_one_run, task))
        assert submitted.log(task).splitlines()[0] == (
            f"shard {task}/{TASKS}, by --shard: {share} of {PHOTOGRAPHS} images, records in "
            f"{Shard(task, TASKS).task_name}.jsonl"
        )


def test_the_last_line_of_the_script_submits_a_merge_that_waits_for_the_tasks(
    slurm: Slurm, many: Path, by_one_run: Path, tmp_path: Path
) -> None:
    output = print_script(slurm, many, tmp_path)
    line = (tmp_path / "automask.sbatch").read_text().splitlines()[-1].removeprefix("# ")
    said = slurm.call("bash", "-c", f'{line} && echo "$job"', cwd=tmp_path).split()
    merge, job = said[-2:]
    dependency = slurm.call("squeue", "--noheader", "--jobs", merge, "--format=%E")
    assert dependency.startswith(f"afterany:{job}")
    slurm.wait(lambda: slurm.state(merge) in ENDED, "the merging to end")
    assert slurm.state(merge) == "COMPLETED"
    assert [file.name for file in (output / "records").glob("*.jsonl")] == ["run.jsonl"]
    assert set(by_image(output)) == set(trimaps(by_one_run))


# What may happen to a task, as a command: requeued by the operator or by a job of higher priority;
# warned, as --signal does before the time limit.
DISTURBANCES = {
    "requeued": ["scontrol", "requeue"],
    "warned": ["scancel", "--batch", "--signal=USR1"],
}


@pytest.mark.parametrize("command", DISTURBANCES.values(), ids=DISTURBANCES.keys())
def test_a_task_that_is_disturbed_begins_again_and_masks_the_rest_of_its_shard(
    slurm: Slurm, many: Path, by_one_run: Path, tmp_path: Path, command: list[str]
) -> None:
    submitted = submit(slurm, many, tmp_path)
    task = a_task_at_work(submitted, by_one_run)
    slurm.call(*command, f"{submitted.job}_{task}")
    assert len(submitted.ledger(task)) < len(mine(by_one_run, task)), "too late to disturb it"
    assert submitted.wait() == {str(task): "COMPLETED" for task in range(1, TASKS + 1)}
    assert_as_by_one_run(submitted, by_one_run)
    again = f"shard {task}/{TASKS}, by --shard"
    starts = {t: submitted.log(t).count(f"shard {t}/{TASKS}, by --shard") for t in range(1, 5)}
    assert starts == {**dict.fromkeys(range(1, 5), 1), task: 2}
    assert ", 0 done before" not in submitted.log(task).rpartition(again)[2]


def test_one_task_submitted_again_with_the_same_script_keeps_its_shard(
    slurm: Slurm, many: Path, by_one_run: Path, tmp_path: Path
) -> None:
    submitted = submit(slurm, many, tmp_path)
    task = a_task_at_work(submitted, by_one_run)
    slurm.call("scancel", f"{submitted.job}_{task}")
    assert submitted.wait()[str(task)] == "CANCELLED"
    script = str(tmp_path / "automask.sbatch")
    submitted.job = slurm.call("sbatch", "--parsable", f"--array={task}", script).strip()
    assert submitted.wait() == {str(task): "COMPLETED"}
    assert_as_by_one_run(submitted, by_one_run)


def test_a_run_in_an_array_finds_its_shard_by_itself(
    slurm: Slurm, many: Path, tmp_path: Path
) -> None:
    run_it = shlex.join(
        [sys.executable, "-m", "automask", "run", str(many), str(tmp_path / "out"), "--dry-run"]
    )
    slurm.call("sbatch", "--wait", "--array=3-9:2", f"--output={tmp_path}/%a.log",
               f"--wrap={run_it}", cwd=tmp_path)  # fmt: skip
    first_lines = [(tmp_path / f"{i}.log").read_text().splitlines()[0] for i in (3, 5, 7, 9)]
    assert [line.split(":")[0] for line in first_lines] == [
        "shard 1/4, by SLURM_ARRAY_TASK_ID=3",
        "shard 2/4, by SLURM_ARRAY_TASK_ID=5",
        "shard 3/4, by SLURM_ARRAY_TASK_ID=7",
        "shard 4/4, by SLURM_ARRAY_TASK_ID=9",
    ]
