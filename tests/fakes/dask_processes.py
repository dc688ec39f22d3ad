"""A real Dask scheduler and real workers, as processes on 127.0.0.1."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
from pathlib import Path

import psutil

ROOT = Path(__file__).parents[2]
HERE = Path(__file__).parent
START_SECONDS = 120
# No polling of this machine's GPU, which takes seconds; a lost scheduler is given up soon.
SETTINGS = {
    "DASK_DISTRIBUTED__DIAGNOSTICS__NVML": "False",
    "DASK_DISTRIBUTED__SCHEDULER__EVENTS_CLEANUP_DELAY": "1m",
    "OMP_NUM_THREADS": "1",
}


class Cluster:
    """What was started, to be stopped together."""

    def __init__(self) -> None:
        self.processes: list[subprocess.Popen[str]] = []
        self.scheduler = self._start("scheduler", "--no-dashboard", "--no-jupyter", "--port", "0")
        self.address = self._line_with(self.scheduler, r"Scheduler at:\s+(tcp://127\S+)")

    def add_worker(self, *flags: str) -> subprocess.Popen[str]:
        """A worker with a nanny, unless the flags say otherwise, once it has registered."""
        worker = self._start("worker", self.address, "--no-dashboard", *flags)
        self._line_with(worker, r"Registered to:\s+(\S+)")
        return worker

    def stop(self) -> None:
        for process in self.processes:
            for one in [*_children(process.pid), process]:
                one.kill()
            process.wait()

    def _start(self, what: str, *flags: str) -> subprocess.Popen[str]:
        path = os.pathsep.join([str(ROOT), str(HERE), os.environ.get("PYTHONPATH", "")])
        process = subprocess.Popen(
            [sys.executable, "-m", "dask", what, "--host", "127.0.0.1", *flags],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True,
            env={**os.environ, **SETTINGS, "PYTHONPATH": path},
        )  # fmt: skip
        self.processes.append(process)
        return process

    def _line_with(self, process: subprocess.Popen[str], pattern: str) -> str:
        """What the process says in its log; the rest of the log is read and thrown away."""
        assert process.stdout is not None
        limit = threading.Timer(START_SECONDS, process.kill)
        limit.start()
        said = []
        for line in process.stdout:
            said.append(line)
            found = re.search(pattern, line)
            if found:
                break
        else:
            raise AssertionError("ended before it was ready:\n" + "".join(said))
        limit.cancel()
        threading.Thread(target=lambda: [*process.stdout], daemon=True).start()
        return found.group(1)


def _children(pid: int) -> list[psutil.Process]:
    try:
        return psutil.Process(pid).children(recursive=True)
    except psutil.NoSuchProcess:
        return []


def kill_workers_of(nanny: subprocess.Popen[str]) -> None:
    """Kills the process that works, not the nanny that starts it again."""
    for child in _children(nanny.pid):
        if "from multiprocessing.spawn" in " ".join(child.cmdline()):
            child.send_signal(signal.SIGKILL)
