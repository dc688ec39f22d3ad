"""The batch script of a SLURM job array, as text. Imports nothing heavy."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from pathlib import Path

from automask.errors import UsageError
from automask.sam.checkpoints import BY_NAME

# Seconds before the time limit, or before a preempting job takes over where the cluster says so
# (PreemptParameters=send_user_signal), at which SLURM warns: an image in progress is given 10.
WARN_SECONDS = 60
# A task that never finishes an image between two warnings must end eventually.
MAX_REQUEUES = 100


# SLURM's MaxArraySize is 1001 unless a cluster sets another, and an index must be below it
# (slurm.conf(5)).
MAX_INDEX = 1000


@dataclass(frozen=True)
class ArrayJob:
    """What a job array runs, and with which resources."""

    input: Path
    output: Path
    tasks: int
    command: tuple[str, ...]  # that starts automask: its path, or python -m automask
    folder: Path  # working directory: relative paths among the flags start here
    flags: tuple[str, ...] = ()  # of `automask run`
    gpu: bool = False
    partition: str | None = None
    time: str | None = None
    mem: str | None = None
    cpus: int | None = None
    logs: Path = Path()


def script(job: ArrayJob) -> str:
    """The script, to be saved and passed to sbatch.

    Args:
        job: What to run.

    Returns:
        Its text.

    Raises:
        UsageError: A path or flag has a character that could end a line of the script, or the
            run's flags are invalid, name a shard or overwrite.
    """
    _refuse(job)
    return "\n".join([*_head(job), "", *_body(job), "", *_notes(job), ""])


def _head(job: ArrayJob) -> list[str]:
    options = {
        "job-name": "automask",
        "array": f"1-{min(job.tasks, MAX_INDEX)}",
        "nodes": 1,
        "ntasks": 1,
        "cpus-per-task": job.cpus,
        "mem": job.mem,
        "time": job.time,
        "partition": job.partition,
        "gres": "gpu:1" if job.gpu else None,
        "requeue": "",
        "open-mode": "append",  # a requeued task goes on in its log
        "signal": f"B:USR1@{WARN_SECONDS}",
        "output": _log(job, "%A_%a"),
    }
    given = {name: str(value) for name, value in options.items() if value is not None}
    lines = [f"#SBATCH --{n}{'=' + shlex.quote(v) if v else ''}" for n, v in given.items()]
    return ["#!/bin/bash", *lines]


def _log(job: ArrayJob, ending: str) -> str:
    """The path of a log in SLURM's notation: %A is the array's number, %% a percent sign."""
    folder = str(job.logs.absolute()).replace("%", "%%")
    return f"{folder}/automask-{ending}.log"


def _body(job: ArrayJob) -> list[str]:
    flags = (*job.flags, *(("--device", "cuda") if job.gpu and not _has(job, "--device") else ()))
    run = shlex.join([*job.command, "run", str(job.input), str(job.output), *flags])
    return [
        f"cd {shlex.quote(str(job.folder))} || exit 2",
        "# Unless the cluster binds tasks to their cores, automask would use all of the node's.",
        'export LOKY_MAX_CPU_COUNT="${SLURM_CPUS_ON_NODE:-1}"',
        "",
        "# SLURM warns only this shell; automask ends within seconds and keeps what is finished.",
        "told= early= automask=",
        'forward() { told=yes; kill -s "$1" "$automask" 2>/dev/null || early=$1; }',
        "trap 'forward USR1' USR1",
        "trap 'forward TERM' TERM",
        *_task_lines(job),
        f'{run} --shard "{_task(job)}/{job.tasks}" &',
        "automask=$!",
        "# Warned before automask was listening: repeat until it does.",
        'while [ -n "$early" ] && kill -s "$early" "$automask" 2>/dev/null; do sleep 1; done',
        'wait "$automask"',
        "code=$?",
        "# A signal ends `wait`, not the process.",
        'while [ -n "$told" ]; do told=; wait "$automask"; code=$?; done',
        "",
        "# 138: stopped by SIGUSR1 with images left. The requeued task keeps its shard.",
        "# (SLURM_JOB_ID would be the whole array's number in its last task.)",
        f'if [ "$code" -eq 138 ] && [ "${{SLURM_RESTART_COUNT:-0}}" -lt {MAX_REQUEUES} ]; then',
        '  scontrol requeue "${SLURM_ARRAY_JOB_ID}_${SLURM_ARRAY_TASK_ID}"',
        "fi",
        'exit "$code"',
    ]


def _task(job: ArrayJob) -> str:
    """The number of a task, for the shell."""
    return "$SLURM_ARRAY_TASK_ID" if job.tasks <= MAX_INDEX else "$task"


def _task_lines(job: ArrayJob) -> list[str]:
    if job.tasks <= MAX_INDEX:
        return []
    return [
        "# More tasks than indices: each submission does those behind AUTOMASK_FIRST.",
        "task=$((SLURM_ARRAY_TASK_ID + ${AUTOMASK_FIRST:-0}))",
        f'if [ "$task" -gt {job.tasks} ]; then exit 0; fi',
    ]


def size_warning(job: ArrayJob) -> str | None:
    """What to know of an array with more tasks than SLURM takes; None: it takes them.

    Args:
        job: What to run.

    Returns:
        Two sentences: the limit, and how to submit the parts.
    """
    if job.tasks <= MAX_INDEX:
        return None
    last = (job.tasks - 1) // MAX_INDEX * MAX_INDEX
    return (
        f"{job.tasks} tasks are more than SLURM takes in one array unless the cluster says "
        f"otherwise (MaxArraySize 1001; scontrol show config tells). Submit it in parts: for first "
        f"in $(seq 0 {MAX_INDEX} {last}); do sbatch --export=ALL,AUTOMASK_FIRST=$first "
        f"automask.sbatch; done. Or ask for fewer: --tasks {MAX_INDEX}"
    )


def _notes(job: ArrayJob) -> list[str]:
    merge = shlex.join([*job.command, "merge", str(job.output)])
    options = ["--job-name=automask-merge", f"--output={_log(job, 'merge-%j')}", f"--wrap={merge}"]
    return [
        *_weights_note(job),
        "# Saved as automask.sbatch, this submits it, and the merging of the tasks' records after:",
        "# job=$(sbatch --parsable automask.sbatch) && "
        f'sbatch --dependency=afterany:"${{job%%;*}}" {shlex.join(options)}',
    ]


def _weights_note(job: ArrayJob) -> list[str]:
    checkpoint = BY_NAME.get(_value(job, "--model") or "")
    if checkpoint is None or checkpoint.url is None:
        return []
    fetch = shlex.join([*job.command, "fetch", checkpoint.name])
    folder = _value(job, "--weights")
    where = f" --weights {shlex.quote(folder)}" if folder else ""
    return ["# First, on a node with internet access:", f"# {fetch}{where}"]


def _has(job: ArrayJob, flag: str) -> bool:
    return any(word == flag or word.startswith(f"{flag}=") for word in job.flags)


def _value(job: ArrayJob, flag: str) -> str | None:
    """The value of one of the run's flags, --flag VALUE or --flag=VALUE; None if absent."""
    for word, following in zip(job.flags, (*job.flags, "")[1:], strict=True):
        if word == flag:
            return following
        if word.startswith(f"{flag}="):
            return word.partition("=")[2]
    return None


def _refuse(job: ArrayJob) -> None:
    if job.flags and not job.flags[0].startswith("-"):
        raise UsageError(f"{job.flags[0]!a} is not a flag; INPUT and OUTPUT are given already")
    given = (job.input, job.output, job.folder, job.logs, *job.command, *job.flags)
    given = (*given, job.partition or "", job.time or "", job.mem or "")
    for text in map(str, given):
        if not text.isprintable():
            raise UsageError(
                f"{text!a} has a character that cannot stand in a batch script: rename it, or make "
                "a link of another name to it"
            )
    if _has(job, "--shard"):
        raise UsageError("--shard is each task's own: leave it out, and say how many with --tasks")
    if _has(job, "--overwrite"):
        raise UsageError(
            "with --overwrite a task that is requeued would start over each time: mask into "
            "another output folder"
        )
