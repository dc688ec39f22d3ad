"""How batch systems number the tasks of a job array: a table with a row for each system.

Sources, each the vendor's documentation:

- SLURM: sbatch(1), "Output environment variables": SLURM_ARRAY_TASK_ID, _COUNT, _MIN, _MAX, _STEP.
  A requeued task keeps its id. slurm.schedmd.com/sbatch.html, job_array.html
- SGE: qsub(1) of Grid Engine, "Environmental variables": SGE_TASK_ID ("undefined" outside of
  arrays), SGE_TASK_FIRST, _LAST, _STEPSIZE. manpages: gridengine-client, submit(1)
- LSF: "Environment variable reference": LSB_JOBINDEX (0 outside of arrays; elements count from
  1), LSB_JOBINDEX_END, LSB_JOBINDEX_STEP; the first index is not given.
  www.ibm.com/docs/en/spectrum-lsf, topic "environment variables"
- PBS: PBS_ARRAY_INDEX (PBS Professional User's Guide, "Job arrays"), PBS_ARRAYID (TORQUE,
  "Submitting multiple jobs", docs.adaptivecomputing.com). The size is not given.
- AWS Batch: "Job environment variables": AWS_BATCH_JOB_ARRAY_INDEX, from 0, set in child jobs of
  an array only, and AWS_BATCH_JOB_ARRAY_SIZE. docs.aws.amazon.com/batch/latest/userguide
- Kubernetes, jobs with completionMode Indexed: JOB_COMPLETION_INDEX, from 0. The size is not
  given. kubernetes.io/docs/concepts/workloads/controllers/job
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from automask.errors import UsageError

SHARDS = "AUTOMASK_SHARDS"  # the ids of the whole array: 64, or 0-63, or 5-15:2


@dataclass(frozen=True)
class BatchSystem:
    """The environment variables in which a batch system describes a job array."""

    name: str
    task_id: str
    first: str | int = 1  # a variable, or where its arrays begin
    last: str | None = None
    step: str | None = None
    count: str | None = None
    no_array: frozenset[str] = frozenset()  # the value of task_id outside of arrays
    has_known_first: bool = True  # False: `first` is a convention, and holds only for steps of 1


SYSTEMS = (
    BatchSystem(
        "SLURM", "SLURM_ARRAY_TASK_ID", "SLURM_ARRAY_TASK_MIN", "SLURM_ARRAY_TASK_MAX",
        "SLURM_ARRAY_TASK_STEP", "SLURM_ARRAY_TASK_COUNT",
    ),
    BatchSystem(
        "SGE", "SGE_TASK_ID", "SGE_TASK_FIRST", "SGE_TASK_LAST", "SGE_TASK_STEPSIZE",
        no_array=frozenset({"undefined"}),
    ),
    BatchSystem(
        "LSF", "LSB_JOBINDEX", 1, "LSB_JOBINDEX_END", "LSB_JOBINDEX_STEP",
        no_array=frozenset({"0"}), has_known_first=False,
    ),
    BatchSystem("PBS", "PBS_ARRAY_INDEX"),
    BatchSystem("PBS (TORQUE)", "PBS_ARRAYID"),
    BatchSystem("AWS Batch", "AWS_BATCH_JOB_ARRAY_INDEX", 0, count="AWS_BATCH_JOB_ARRAY_SIZE"),
    BatchSystem("Kubernetes", "JOB_COMPLETION_INDEX", 0),
)  # fmt: skip


@dataclass(frozen=True)
class ArrayTask:
    """A task's place in its array."""

    index: int  # 1 .. count
    count: int
    source: str  # "SLURM_ARRAY_TASK_ID=7"


def array_task(environ: Mapping[str, str]) -> ArrayTask | None:
    """This process's place in a job array; None outside of one.

    AUTOMASK_SHARDS, the ids of the whole array, takes precedence over the batch system, which knows
    only the tasks submitted together: two, when two tasks of an array are submitted again.

    Args:
        environ: The environment variables.

    Returns:
        The place, or None.

    Raises:
        UsageError: The place cannot be inferred.
    """
    systems = [s for s in SYSTEMS if environ.get(s.task_id, "") not in {"", *s.no_array}]
    if not systems:
        return None
    if len(systems) > 1:
        names = " and ".join(s.task_id for s in systems)
        raise UsageError(f"{names} are both set: say which part is meant with --shard I/N, or off")
    system = systems[0]
    task, ids = _number(environ, system.task_id), _ids(system, environ)
    source = f"{system.task_id}={task}"
    if task not in ids:
        raise UsageError(_outside(system, source, ids, environ))
    return ArrayTask(ids.index(task) + 1, len(ids), source)


def _ids(system: BatchSystem, environ: Mapping[str, str]) -> range:
    """The ids of all tasks of the array."""
    if environ.get(SHARDS):
        return _given_ids(environ[SHARDS], system)
    first = system.first
    first = first if isinstance(first, int) else _number(environ, first)
    last, count = _optional_number(environ, system.last), _optional_number(environ, system.count)
    step = _optional_number(environ, system.step) or 1
    if last is not None and (step == 1 or system.has_known_first):
        ids = range(first, last + 1, step)
    elif count is not None:
        ids = range(first, first + count * step, step)
    else:
        ids = range(0)
    if not ids:
        raise UsageError(_how_many(system))
    if count is not None and len(ids) != count:  # --array=1,5,7, for which SLURM reports step 1
        raise UsageError(f"the ids of this job array are not evenly spaced; {_remedy(system)}")
    if len(ids) == 1 and first > 1:  # --array=7: more likely the seventh of many than one of one
        raise UsageError(f"this job array is task {first} alone; {_remedy(system)}")
    return ids


def _given_ids(text: str, system: BatchSystem) -> range:
    """64 -> 1..64, or 0..63 where a system counts from 0; 0-63; 5-15:2, as arrays are written."""
    numbers = re.fullmatch(r"(?:(\d+)-)?(\d+)(?::(\d+))?", text.strip(), re.ASCII)
    if numbers is None or (numbers[3] and not numbers[1]):
        raise UsageError(f"{SHARDS} takes how many tasks there are, 64, or their ids, 0-63")
    step = int(numbers[3] or 1)
    if numbers[1]:
        first, last = int(numbers[1]), int(numbers[2])
    else:
        first = system.first if isinstance(system.first, int) else 1
        last = first + int(numbers[2]) - 1
    if step < 1 or last < first:
        raise UsageError(f"{SHARDS}={text} names no task")
    return range(first, last + 1, step)


def _optional_number(environ: Mapping[str, str], name: str | None) -> int | None:
    """The number in a variable; None if the system has no such variable or did not set it."""
    return _number(environ, name) if name is not None and name in environ else None


def _number(environ: Mapping[str, str], name: str) -> int:
    text = environ.get(name, "")
    if not re.fullmatch(r"\d+", text, re.ASCII):
        raise UsageError(f"{name} should be a number, not {text!a}; --shard I/N goes without it")
    return int(text)


def _outside(system: BatchSystem, source: str, ids: range, environ: Mapping[str, str]) -> str:
    span = f"{ids[0]}-{ids[-1]}" + (f":{ids.step}" if ids.step > 1 else "")
    if environ.get(SHARDS):
        return (
            f"{source} is none of {span}, which {SHARDS}={environ[SHARDS]} says; ids that begin "
            f"at 0 are written {SHARDS}=0-{len(ids) - 1}"
        )
    return f"{source} is none of {span}, the ids of this job array; {_remedy(system)}"


def _how_many(system: BatchSystem) -> str:
    given = f"{system.name} gives this task its number but not how many tasks there are"
    return f"{given}; {_remedy(system)}"


def _remedy(system: BatchSystem) -> str:
    first = system.first if isinstance(system.first, int) else 1
    return (
        f"set {SHARDS} in the job to how many there are, such as 64 for ids {first}-{63 + first}, "
        "or give --shard I/N (--shard off: this task masks everything)"
    )
