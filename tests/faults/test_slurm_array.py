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
from harness import leftovers, make_photographs, run, trimaps, wait_for
from one_node_slurm import Slurm, missing, running

from automask.pool.shard import Shard

pytestmark = pytest.mark.slow

REPOSITORY = Path(__file__).parents[2]
TASKS = 4
PHOTOGRAPHS = 20
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
    """Twenty small photographs; not to be changed by a test."""
    folder = tmp_path_factory.mktemp("many") / "in"
    make_photographs(folder, PHOTOGRAPHS)
    (folder.parent / "grid.toml").write_text(GRID)
    return folder


@pytest.fixture(scope="module")
def by_one_run(many: Path) -> Path:
    """The output of one run, no array, that nothing happened to."""
    output = many.parent / "one"
    # The last --config counts.
    result = run(many, output, *FLAGS, "--config", str(many.parent / "grid.toml"))
    assert result.returncode == 0, result.stderr
    return output


@dataclass
class Submitted:
    """An array that was submitted into a folder of its own."""

    slurm: Slurm
    output: Path
    job: str = ""
    merge: str = ""

    def ledger(self, task: int) -> list[str]:
        """The lines of a task's records file."""
        file = self.output / "records" / f"{Shard(task, TASKS).task_name}.jsonl"
        return file.read_text().splitlines() if file.exists() else []

    def log(self, task: int) -> str:
        return (self.output.parent / f"automask-{self.job}_{task}.log").read_text()

    def wait(self) -> dict[str, str]:
        """The states of the tasks when all have ended."""
        wait_for(lambda: set(self.slurm.states(self.job).values()) <= ENDED, "the array to end")
        return self.slurm.states(self.job)


def submit(slurm: Slurm, source: Path, folder: Path) -> Submitted:
    """Prints the script and does what its last line says."""
    logs = folder / "logs and 'so on' 100%"  # a name to be quoted, for bash as for SLURM
    logs.mkdir()
    array = [sys.executable, "-m", "automask", "array", "--tasks", str(TASKS), "--cpus", "1"]
    flags = ["--config", str(source.parent / "grid.toml"), "--device", "cpu", *FLAGS]
    text = slurm.call(
        *array, "--logs", str(logs), str(source), str(logs / "out"), "--", *flags, cwd=REPOSITORY
    )
    (folder / "automask.sbatch").write_text(text)
    line = text.splitlines()[-1].removeprefix("# ") + ' && echo "$job"'
    said = slurm.call("bash", "-c", line, cwd=folder).split()
    return Submitted(slurm, logs / "out", job=said[-1], merge=said[-2])


def assert_as_by_one_run(submitted: Submitted, by_one_run: Path) -> None:
    assert trimaps(submitted.output) == trimaps(by_one_run)
    assert leftovers(submitted.output) == []
    for task in range(1, TASKS + 1):
        images = [json.loads(line)["image"] for line in submitted.ledger(task)]
        assert sorted(images) == mine(by_one_run, task)


def mine(by_one_run: Path, task: int) -> list[str]:
    shard = Shard(task, TASKS)
    return sorted(name for name in trimaps(by_one_run) if shard.holds(name))


def a_task_at_work(submitted: Submitted) -> int:
    """The first task that has finished an image; its others are left."""
    found: list[int] = []

    def look() -> bool:
        found.extend(task for task in range(1, TASKS + 1) if submitted.ledger(task))
        return bool(found)

    wait_for(look, "a task to finish an image")
    return found[0]


def test_an_array_of_four_masks_what_one_run_masks_each_task_with_its_own_ledger(
    slurm: Slurm, many: Path, by_one_run: Path, tmp_path: Path
) -> None:
    submitted = submit(slurm, many, tmp_path)
    dependency = slurm.call("squeue", "--noheader", "--jobs", submitted.merge, "--format=%E")
    assert dependency.startswith(f"afterany:{submitted.job}")
    assert submitted.wait() == {str(task): "COMPLETED" for task in range(1, TASKS + 1)}
    assert_as_by_one_run(submitted, by_one_run)
    for task in range(1, TASKS + 1):
        share = len(mine(by_one_run, task))
        assert submitted.log(task).splitlines()[0] == (
            f"shard {task}/{TASKS}, by --shard: {share} of {PHOTOGRAPHS} images, records in "
            f"{Shard(task, TASKS).task_name}.jsonl"
        )
    wait_for(lambda: slurm.state(submitted.merge) in ENDED, "the merging to end")


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
    task = a_task_at_work(submitted)
    slurm.call(*command, f"{submitted.job}_{task}")
    assert len(submitted.ledger(task)) < len(mine(by_one_run, task)), "too late to disturb it"
    assert submitted.wait() == {str(task): "COMPLETED" for task in range(1, TASKS + 1)}
    assert_as_by_one_run(submitted, by_one_run)
    starts = [line for line in submitted.log(task).splitlines() if line.startswith("shard ")]
    assert len(starts) == 2
    assert starts[0] == starts[1]
    assert ", 0 done before" not in submitted.log(task)


def test_one_task_submitted_again_with_the_same_script_keeps_its_shard(
    slurm: Slurm, many: Path, by_one_run: Path, tmp_path: Path
) -> None:
    submitted = submit(slurm, many, tmp_path)
    task = a_task_at_work(submitted)
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
               f"--wrap={run_it}", cwd=REPOSITORY)  # fmt: skip
    first_lines = [(tmp_path / f"{i}.log").read_text().splitlines()[0] for i in (3, 5, 7, 9)]
    assert [line.split(":")[0] for line in first_lines] == [
        "shard 1/4, by SLURM_ARRAY_TASK_ID=3",
        "shard 2/4, by SLURM_ARRAY_TASK_ID=5",
        "shard 3/4, by SLURM_ARRAY_TASK_ID=7",
        "shard 4/4, by SLURM_ARRAY_TASK_ID=9",
    ]
