"""cluster: how the tasks of a job array know their place, by each batch system's variables."""

from __future__ import annotations

import os

import pytest

from automask.errors import UsageError
from automask.sharding.batch_systems import SYSTEMS, array_task


def slurm(task: int, first: int, last: int, step: int, count: int) -> dict[str, str]:
    return {
        "SLURM_ARRAY_TASK_ID": str(task),
        "SLURM_ARRAY_TASK_MIN": str(first),
        "SLURM_ARRAY_TASK_MAX": str(last),
        "SLURM_ARRAY_TASK_STEP": str(step),
        "SLURM_ARRAY_TASK_COUNT": str(count),
    }


def sge(task: str, first: str, last: str, step: str) -> dict[str, str]:
    return {
        "SGE_TASK_ID": task,
        "SGE_TASK_FIRST": first,
        "SGE_TASK_LAST": last,
        "SGE_TASK_STEPSIZE": step,
    }


def lsf(task: int, last: int, step: int) -> dict[str, str]:
    return {
        "LSB_JOBINDEX": str(task),
        "LSB_JOBINDEX_END": str(last),
        "LSB_JOBINDEX_STEP": str(step),
    }


def aws(task: int, count: int) -> dict[str, str]:
    return {"AWS_BATCH_JOB_ARRAY_INDEX": str(task), "AWS_BATCH_JOB_ARRAY_SIZE": str(count)}


PLACES = {
    "SLURM 1-64": (slurm(3, 1, 64, 1, 64), (3, 64)),
    "SLURM 0-63": (slurm(3, 0, 63, 1, 64), (4, 64)),
    "SLURM 5,7,9,11": (slurm(9, 5, 11, 2, 4), (3, 4)),
    "SLURM 5-12:2": (slurm(11, 5, 11, 2, 4), (4, 4)),
    "SLURM one task": (slurm(1, 1, 1, 1, 1), (1, 1)),
    "SGE 1-8": (sge("8", "1", "8", "1"), (8, 8)),
    "SGE 3-9:2": (sge("5", "3", "9", "2"), (2, 4)),
    "SGE 3-10:2": (sge("9", "3", "10", "2"), (4, 4)),
    "LSF [1-8]": (lsf(8, 8, 1), (8, 8)),
    "AWS Batch 8": (aws(0, 8), (1, 8)),
    "AWS Batch 8, the last": (aws(7, 8), (8, 8)),
    "PBS with our count": ({"PBS_ARRAY_INDEX": "8", "AUTOMASK_SHARDS": "8"}, (8, 8)),
    "PBS -J 0-7": ({"PBS_ARRAY_INDEX": "0", "AUTOMASK_SHARDS": "0-7"}, (1, 8)),
    "PBS -J 1-15:2": ({"PBS_ARRAY_INDEX": "3", "AUTOMASK_SHARDS": "1-15:2"}, (2, 8)),
    "TORQUE": ({"PBS_ARRAYID": "1", "AUTOMASK_SHARDS": "8"}, (1, 8)),
    "Kubernetes": ({"JOB_COMPLETION_INDEX": "7", "AUTOMASK_SHARDS": "8"}, (8, 8)),
    # 3 and 7 of 64 submitted again: SLURM tells of these two alone.
    "SLURM, two of 64": (
        {**slurm(7, 3, 7, 1, 2), "AUTOMASK_SHARDS": "64"},
        (7, 64),
    ),
}


@pytest.mark.parametrize(("environ", "place"), PLACES.values(), ids=PLACES.keys())
def test_a_task_knows_its_place(
    environ: dict[str, str], place: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    for system in SYSTEMS:  # where the tests themselves run in an array
        monkeypatch.delenv(system.task_id, raising=False)
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    task = array_task(os.environ)  # which is pickier than a dict
    assert task is not None
    assert (task.index, task.count) == place


NO_ARRAYS = {
    "no batch system": {"HOME": "/home/a"},
    "SLURM job": {"SLURM_JOB_ID": "12"},
    "SGE job": sge("undefined", "undefined", "undefined", "undefined"),
    "LSF job": lsf(0, 0, 0),
    "empty": {"PBS_ARRAYID": ""},
    "AWS job": {"AWS_BATCH_JOB_ID": "a"},
    "our count alone": {"AUTOMASK_SHARDS": "8"},
}


@pytest.mark.parametrize("environ", NO_ARRAYS.values(), ids=NO_ARRAYS.keys())
def test_a_job_that_is_no_array_has_no_place(environ: dict[str, str]) -> None:
    assert array_task(environ) is None


FAULTS = {
    "PBS": ({"PBS_ARRAY_INDEX": "3"}, "PBS gives .* not how many .*; set AUTOMASK_SHARDS"),
    "Kubernetes": ({"JOB_COMPLETION_INDEX": "3"}, "such as 64 for ids 0-63"),
    "LSF with a step": (lsf(3, 15, 2), "LSF gives .* number but not how many tasks there are"),
    "LSF with an end that is none": (lsf(3, 0, 1), "number but not how many"),
    "uneven": (slurm(5, 1, 7, 1, 3), "not evenly spaced; set AUTOMASK_SHARDS"),
    "one of many, again": (slurm(7, 7, 7, 1, 1), "is task 7 alone; set AUTOMASK_SHARDS"),
    "not of it": (slurm(9, 1, 4, 1, 4), "SLURM_ARRAY_TASK_ID=9 is none of 1-4"),
    "from 0": (
        {"PBS_ARRAY_INDEX": "0", "AUTOMASK_SHARDS": "8"},
        "PBS_ARRAY_INDEX=0 is none of 1-8, which .*=8 says; .* are written AUTOMASK_SHARDS=0-7$",
    ),
    "no number": ({"PBS_ARRAY_INDEX": "x", "AUTOMASK_SHARDS": "8"}, "PBS_ARRAY_INDEX should be a"),
    "odd count": ({"PBS_ARRAY_INDEX": "1", "AUTOMASK_SHARDS": "8 tasks"}, "AUTOMASK_SHARDS takes"),
    "step alone": ({"PBS_ARRAY_INDEX": "1", "AUTOMASK_SHARDS": "8:2"}, "AUTOMASK_SHARDS takes"),
    "none": ({"PBS_ARRAY_INDEX": "1", "AUTOMASK_SHARDS": "0"}, "AUTOMASK_SHARDS=0 names no task"),
    "step 0": ({"PBS_ARRAY_INDEX": "1", "AUTOMASK_SHARDS": "1-8:0"}, "names no task"),
    "SLURM without MIN": ({"SLURM_ARRAY_TASK_ID": "1"}, "SLURM_ARRAY_TASK_MIN should be a number"),
    "two systems": ({**aws(1, 4), "JOB_COMPLETION_INDEX": "1"}, "are both set: say .* --shard I/N"),
}


@pytest.mark.parametrize(("environ", "message"), FAULTS.values(), ids=FAULTS.keys())
def test_a_place_that_cannot_be_told_is_an_error_that_says_what_to_set(
    environ: dict[str, str], message: str
) -> None:
    with pytest.raises(UsageError, match=message):
        array_task(environ)


def test_every_variable_of_the_table_is_in_a_test() -> None:
    tested = {name for environ, _ in (*PLACES.values(), *FAULTS.values()) for name in environ}
    rows = [(s.task_id, s.first, s.last, s.step, s.count) for s in SYSTEMS]
    assert {name for row in rows for name in row if isinstance(name, str)} <= tested
