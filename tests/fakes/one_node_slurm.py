"""A SLURM cluster of one node on this machine, of Debian's slurm-wlm and munge, without systemd."""

from __future__ import annotations

import getpass
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

REPOSITORY = Path(__file__).parents[2]
PROGRAMS = ("munged", "mungekey", "slurmctld", "slurmd", "sbatch", "scontrol", "squeue")
PATH = f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"  # where Debian puts daemons
CPUS = 4  # said to be there, so that four tasks run at once on any machine
LIMIT_SECONDS = 60  # for the daemons to come up
JOB_LIMIT_SECONDS = 900  # for an array: many of its tasks' starts may share a core

CONF = """
ClusterName=automask
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={ctld_port}
SlurmdPort={d_port}
SlurmUser={user}
SlurmdUser={user}
AuthType=auth/munge
# A requeued task waits for so many seconds, 120 if it is not said, or less than 5.
AuthInfo=socket={folder}/munge.socket,cred_expire=10
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.log
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SwitchType=switch/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SchedulerParameters=batch_sched_delay=0,sched_min_interval=0,sched_interval=1
SlurmdParameters=config_overrides
ReturnToService=2
KillWait=10
# Ended tasks stay to be asked for.
MinJobAge=3600
NodeName={host} NodeAddr=127.0.0.1 CPUs={cpus} State=UNKNOWN
PartitionName=photographs Nodes=ALL Default=YES MaxTime=INFINITE State=UP
"""


def missing() -> list[str]:
    """Programs of SLURM and munge that are not installed."""
    return [name for name in PROGRAMS if shutil.which(name, path=PATH) is None]


class Slurm:
    """A running cluster; `call` runs its commands."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.environ = {
            **{k: v for k, v in os.environ.items() if not k.startswith("SLURM_")},
            "PATH": PATH,
            "PYTHONPATH": str(REPOSITORY),  # jobs are given it as well
            "SLURM_CONF": str(folder / "slurm.conf"),
        }

    def call(self, *command: str, cwd: Path | None = None) -> str:
        """What a command prints; fails the test, with its complaint, where it fails."""
        done = subprocess.run(
            command, env=self.environ, cwd=cwd, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
        return done.stdout

    def states(self, job: str) -> dict[str, str]:
        """State of each task of an array by its id, RUNNING; a task that is long done may lack."""
        rows = self.call("squeue", "--noheader", "--array", "--states=all", "--jobs", job,
                         "--format=%K %T")  # fmt: skip
        return dict(row.split() for row in rows.splitlines())

    def state(self, job: str) -> str:
        """State of a job, COMPLETED."""
        return self.call(
            "squeue", "--noheader", "--states=all", "--jobs", job, "--format=%T"
        ).strip()

    def wait(self, condition: Callable[[], bool], what: str) -> None:
        """Waits until it is so; fails the test, with the daemons' logs, where it never is."""
        _wait(self, condition, what, JOB_LIMIT_SECONDS)

    def logs(self) -> str:
        """The ends of the daemons' logs, for a failed test's message."""
        files = sorted(self.folder.glob("*.log"))
        return "\n".join(f"{f.name}:\n{f.read_text(errors='replace')[-2000:]}" for f in files)


@contextmanager
def running(folder: Path) -> Iterator[Slurm]:
    """A cluster whose every file lies in `folder`, and which ends with the block."""
    slurm = Slurm(folder)
    for name in ("state", "spool"):
        (folder / name).mkdir()
    values = {"host": socket.gethostname().partition(".")[0], "user": getpass.getuser()}
    ports = {"ctld_port": _free_port(), "d_port": _free_port()}
    conf = CONF.format(folder=folder, cpus=CPUS, **values, **ports)
    (folder / "slurm.conf").write_text(conf)
    with ExitStack() as daemons:
        daemons.enter_context(_munged(slurm))
        for name in ("slurmctld", "slurmd"):
            daemons.enter_context(_daemon(slurm, name, "-D", "-f", str(folder / "slurm.conf")))
        _until_idle(slurm)
        yield slurm


@contextmanager
def _munged(slurm: Slurm) -> Iterator[None]:
    folder = slurm.folder
    slurm.call("mungekey", "--create", f"--keyfile={folder}/munge.key")
    files = {"socket": "munge.socket", "key-file": "munge.key", "pid-file": "munge.pid",
             "log-file": "munge.log", "seed-file": "munge.seed"}  # fmt: skip
    flags = [f"--{name}={folder / file}" for name, file in files.items()]
    # force: a temporary folder may be writable by others, which munged dislikes.
    with _daemon(slurm, "munged", "--foreground", "--force", *flags):
        _wait(slurm, lambda: (folder / "munge.socket").exists(), "munged's socket")
        yield


@contextmanager
def _daemon(slurm: Slurm, *command: str) -> Iterator[None]:
    with (slurm.folder / f"{command[0]}.out.log").open("wb") as said:
        process = subprocess.Popen(
            command, env=slurm.environ, cwd=slurm.folder, stdout=said, stderr=said
        )
    try:
        yield
    finally:
        process.terminate()
        try:
            process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _until_idle(slurm: Slurm) -> None:
    def is_idle() -> bool:
        shown = subprocess.run(
            ["sinfo", "--noheader", "--format=%T"],
            env=slurm.environ, capture_output=True, text=True, check=False,
        )  # fmt: skip
        return shown.stdout.strip() == "idle"

    _wait(slurm, is_idle, "the node to be idle")


def _wait(
    slurm: Slurm, condition: Callable[[], bool], what: str, limit: float = LIMIT_SECONDS
) -> None:
    deadline = time.monotonic() + limit
    while not condition():
        assert time.monotonic() < deadline, f"gave up waiting for {what}\n{slurm.logs()}"
        time.sleep(0.1)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
