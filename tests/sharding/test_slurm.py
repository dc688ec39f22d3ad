"""script: what `automask array` prints. tests/cluster runs such a script by a real SLURM."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from automask.errors import UsageError
from automask.sharding.slurm import ArrayJob, script, size_warning

JOB = ArrayJob(
    input=Path("/data/photographs"),
    output=Path("/data/masks"),
    tasks=64,
    command=("/opt/venv/bin/automask",),
    folder=Path("/home/a"),
    logs=Path("/home/a/logs"),
)


def options(job: ArrayJob) -> list[str]:
    return [line[8:] for line in script(job).splitlines() if line.startswith("#SBATCH ")]


def run_line(job: ArrayJob) -> str:
    return next(line for line in script(job).splitlines() if line.endswith(" &"))


def test_an_array_of_so_many_tasks_that_is_warned_and_requeued() -> None:
    assert options(JOB) == [
        "--job-name=automask",
        "--array=1-64",
        "--nodes=1",
        "--ntasks=1",
        "--requeue",
        "--open-mode=append",
        "--signal=B:USR1@60",
        "--output=/home/a/logs/automask-%A_%a.log",
    ]


def test_what_was_asked_of_the_cluster_is_asked() -> None:
    asked = options(replace(JOB, partition="gpu", time="12:00:00", mem="16G", cpus=8))
    wanted = ("--partition=gpu", "--time=12:00:00", "--mem=16G", "--cpus-per-task=8")
    assert all(option in asked for option in wanted)


def test_each_task_masks_its_own_shard_of_all_that_were_asked_for() -> None:
    assert run_line(JOB) == (
        "/opt/venv/bin/automask run /data/photographs /data/masks "
        '--shard "$SLURM_ARRAY_TASK_ID/64" &'
    )


def test_with_a_gpu_the_run_must_not_fall_back_to_the_processor() -> None:
    assert "--gres=gpu:1" in options(replace(JOB, gpu=True))
    assert " --device cuda " in run_line(replace(JOB, gpu=True))


def test_a_device_that_was_asked_for_stays() -> None:
    line = run_line(replace(JOB, gpu=True, flags=("--device=cuda:0",)))
    assert "--device=cuda:0" in line
    assert "--device cuda " not in line


def test_strange_paths_are_quoted_for_the_shell_and_for_slurm() -> None:
    strange = replace(
        JOB,
        input=Path("/data/$(touch owned) it's"),
        folder=Path("/home/; rm"),
        logs=Path("/logs/100 %A"),
        flags=("--config", "a b.toml"),
    )
    assert "'/data/$(touch owned) it'\"'\"'s'" in run_line(strange)
    assert " --config 'a b.toml' " in run_line(strange)
    assert "cd '/home/; rm' || exit 2" in script(strange).splitlines()
    assert "--output='/logs/100 %%A/automask-%A_%a.log'" in options(strange)


def test_the_script_is_bash_and_says_at_its_end_how_to_submit_it_and_the_merge() -> None:
    text = script(replace(JOB, output=Path("/data/it's")))
    subprocess.run(["bash", "-n"], input=text, text=True, check=True)
    note, line = text.splitlines()[-2:]
    assert note.startswith("# Saved as automask.sbatch, this submits it")
    # What the line would call: sbatch is a function that prints its arguments.
    calls = "sbatch() { printf '<%s>' sbatch \"$@\" >&2; echo '12;cluster'; }\n" + line[2:]
    said = subprocess.run(["bash", "-c", calls], capture_output=True, text=True, check=True)
    assert said.stderr == (
        "<sbatch><--parsable><automask.sbatch>"
        "<sbatch><--dependency=afterany:12><--job-name=automask-merge>"
        "<--output=/home/a/logs/automask-merge-%j.log>"
        "<--wrap=/opt/venv/bin/automask merge '/data/it'\"'\"'s'>"
    )


def test_weights_that_must_be_fetched_are_named_with_the_command() -> None:
    text = script(replace(JOB, flags=("--model=vit_b", "--weights", "/data/w w")))
    assert "# /opt/venv/bin/automask fetch vit_b --weights '/data/w w'" in text.splitlines()


@pytest.mark.parametrize("flags", [(), ("--model", "tiny"), ("--model", "my.safetensors")])
def test_weights_that_are_there_need_no_fetching(flags: tuple[str, ...]) -> None:
    assert " fetch " not in script(replace(JOB, flags=flags))


@pytest.mark.parametrize(
    "job",
    [
        replace(JOB, output=Path("/data/a\nrm -r b")),
        replace(JOB, flags=("--config", "a\r.toml")),
        replace(JOB, partition="gpu\n#SBATCH --wrap=x"),
        replace(JOB, input=Path("/data/\udcff")),
    ],
    ids=["line break", "carriage return", "option", "not UTF-8"],
)
def test_what_could_end_a_line_of_the_script_is_refused(job: ArrayJob) -> None:
    with pytest.raises(UsageError, match="cannot stand in a batch script"):
        script(job)


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (("--shard", "1/2"), "each task's own"),
        (("--shard=1/2",), "each task's own"),
        (("--overwrite",), "would start over each time"),
        (("third",), "'third' is not a flag"),
    ],
)
def test_flags_that_an_array_cannot_have_are_refused(flags: tuple[str, ...], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        script(replace(JOB, flags=flags))


# Stands for automask: says how it was called, then waits to be told, or ends with the code given.
STAND_IN = """#!/bin/bash
trap 'echo warned; exit 138' USR1
trap 'echo ended; exit 143' TERM
echo "called with ${*: -2}, $LOKY_MAX_CPU_COUNT cores"
[ -z "$END_WITH" ] || exit "$END_WITH"
while true; do sleep 0.05; done
"""
TASK = {
    "SLURM_ARRAY_JOB_ID": "12",
    "SLURM_ARRAY_TASK_ID": "64",
    "SLURM_JOB_ID": "12",  # as it is in an array's last task
    "SLURM_CPUS_ON_NODE": "8",
}
CALLED = ["called with --shard 64/64, 8 cores"]


def run_script(
    folder: Path,
    told: signal.Signals | None = None,
    change: Callable[[str], str] = lambda text: text,
    **environ: str,
) -> tuple[int, list[str]]:
    """The script's exit code and what was said, with stand-ins for automask and scontrol."""
    for name, text in (("automask", STAND_IN), ("scontrol", '#!/bin/bash\necho scontrol "$@"\n')):
        (folder / name).write_text(text)
        (folder / name).chmod(0o755)
    text = script(replace(JOB, command=(str(folder / "automask"),), folder=folder))
    process = subprocess.Popen(
        ["bash", "-c", change(text)],
        env={**TASK, **environ, "PATH": f"{folder}:/usr/bin:/bin"},
        stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout is not None
    said = [process.stdout.readline()]
    if told is not None:
        process.send_signal(told)
    said += process.stdout.readlines()
    return process.wait(), [line.strip() for line in said]


def test_a_warned_task_is_told_and_puts_itself_alone_back_into_the_queue(tmp_path: Path) -> None:
    assert run_script(tmp_path, signal.SIGUSR1) == (
        138, [*CALLED, "warned", "scontrol requeue 12_64"],
    )  # fmt: skip


def test_a_warning_before_automask_is_known_reaches_it_all_the_same(tmp_path: Path) -> None:
    def warned_early(text: str) -> str:
        return text.replace("automask=$!", "kill -s USR1 $$; automask=$!")

    code, said = run_script(tmp_path, change=warned_early)
    assert code == 138
    assert said[-1] == "scontrol requeue 12_64"


def test_a_task_that_has_been_requeued_a_hundred_times_is_not_again(tmp_path: Path) -> None:
    again = run_script(tmp_path, signal.SIGUSR1, SLURM_RESTART_COUNT="100")
    assert again == (138, [*CALLED, "warned"])


def test_a_task_that_is_to_end_is_told_and_ends(tmp_path: Path) -> None:
    assert run_script(tmp_path, signal.SIGTERM) == (143, [*CALLED, "ended"])


@pytest.mark.parametrize("code", [0, 1, 2])
def test_the_exit_code_of_automask_is_the_tasks(tmp_path: Path, code: int) -> None:
    assert run_script(tmp_path, END_WITH=str(code)) == (code, CALLED)


def array(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    repository = Path(__file__).parents[2]
    return subprocess.run(
        [sys.executable, "-m", "automask", "array", *arguments],
        cwd=cwd, env={"PYTHONPATH": str(repository), "PATH": ""},
        capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_the_command_prints_the_script_with_whole_paths_and_itself(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    printed = array("--tasks", "4", "in", "out", "--", "--model", "tiny", cwd=tmp_path)
    assert printed.stdout == script(
        ArrayJob(
            input=tmp_path / "in",
            output=tmp_path / "out",
            tasks=4,
            command=(sys.executable, "-m", "automask"),
            folder=tmp_path,
            flags=("--model", "tiny"),
            logs=tmp_path,
        )
    )


def test_the_command_refuses_folders_that_are_not_there(tmp_path: Path) -> None:
    assert "input folder in does not exist" in array("in", "out", cwd=tmp_path).stderr
    (tmp_path / "in").mkdir()
    printed = array("in", "out", "--logs", "logs", cwd=tmp_path)
    assert printed.returncode == 2
    assert "folder for logs logs does not exist" in printed.stderr


# More tasks than SLURM takes in one array.


def test_up_to_a_thousand_tasks_need_no_word() -> None:
    assert size_warning(replace(JOB, tasks=1000)) is None
    assert "AUTOMASK_FIRST" not in script(replace(JOB, tasks=1000))


def test_of_more_tasks_the_limit_is_told_and_how_to_submit_the_parts() -> None:
    told = str(size_warning(replace(JOB, tasks=5000)))
    assert "MaxArraySize 1001" in told
    assert "for first in $(seq 0 1000 4000); do sbatch --export=ALL,AUTOMASK_FIRST=$first" in told


def test_a_part_does_the_tasks_behind_its_first() -> None:
    large = replace(JOB, tasks=2500)
    assert "--array=1-1000" in options(large)
    assert run_line(large).endswith('--shard "$task/2500" &')
    lines = [line for line in script(large).splitlines() if "$task" in line or "task=" in line]
    shell = "SLURM_ARRAY_TASK_ID=7; AUTOMASK_FIRST=2000\n" + "\n".join(lines[:2]) + "\necho $task"
    done = subprocess.run(["bash", "-c", shell], capture_output=True, text=True, check=True)
    assert done.stdout == "2007\n"


def test_a_task_beyond_the_last_does_nothing() -> None:
    lines = script(replace(JOB, tasks=2500)).splitlines()
    first = next(number for number, line in enumerate(lines) if line.startswith("task="))
    shell = "\n".join(["SLURM_ARRAY_TASK_ID=501; AUTOMASK_FIRST=2000", *lines[first : first + 2]])
    done = subprocess.run(
        ["bash", "-c", f"{shell}\necho went on"], capture_output=True, text=True, check=True
    )
    assert done.stdout == ""


@pytest.mark.parametrize(
    ("flags", "told"),
    [
        (("--sav", "mask"), "No such option"),
        (("--save", "foo"), "foo"),
        (("--objects", "three"), "three"),
        (("--threads", "two"), "--threads"),
    ],
)
def test_flags_that_the_run_would_refuse_are_refused_before_the_queue(
    tmp_path: Path, flags: tuple[str, ...], told: str
) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "automask", "array", str(tmp_path), str(tmp_path / "o"),
         "--logs", str(tmp_path), "--", *flags],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert told in done.stderr
    assert done.stdout == ""
