"""The parent's side of one worker process: start it, ask it, hear it, end it. See worker.py."""

from __future__ import annotations

import base64
import json
import os
import pickle
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from automask import errors
from automask.pool.messages import Answer, Question, Refused, Setup
from automask.pool.workers import DIED, THREAD_VARIABLES, WorkerSetup
from automask.records import Job
from automask.system.cores import wait_without_spinning

CRASH = "Fatal Python error"  # faulthandler's first line; the newest call follows
END_SECONDS = 1.0  # for a process to end that has closed its pipe
LAST_WORDS = 5  # lines of a dead process's standard error that are worth showing
# Not `-m`: that would look for modules in the current folder first, among somebody's photographs.
CODE = "import sys; del sys.path[0]; from automask.pool.worker import main; main()"


@dataclass(frozen=True)
class Heard:
    """An answer of a child, or its end."""

    child: Child
    at: float  # seconds, time.perf_counter() of this process
    answer: Answer | None  # None: its stream ended


Hearing = queue.SimpleQueue[Heard | None]  # None: somebody wants to wake the one who listens


class Child:
    """A process with its own model. What it says comes into the queue `heard`."""

    def __init__(
        self, number: int, setup: WorkerSetup, at_once: int, folder: Path, heard: Hearing
    ) -> None:
        """at_once: images that it masks at one time. folder: for what it prints."""
        self.number = number
        self.at_once = at_once
        self.log = folder / f"process-{number}.log"
        self.began = time.perf_counter()
        self._process = _start(self.log, setup.threads)
        self._listener = threading.Thread(target=self._listen, args=(heard,), daemon=True)
        self._listener.start()
        self._send({"setup": _packed(setup), "at_once": at_once})

    @property
    def pid(self) -> int:
        return self._process.pid

    def ask(self, job: Job, output: Path) -> None:
        """Wants one image masked, its results below `output`; the record will be heard."""
        self._send({"job": _packed(job), "output": os.fspath(output)})

    def kill(self) -> None:
        """Ends the process at once, whatever it does; its end will be heard."""
        self._process.kill()

    def let_end(self) -> None:
        """Leaves a process that has closed its pipe a moment to end by itself, as it would."""
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(END_SECONDS)

    def end(self) -> None:
        """Ends the process at once and leaves nothing of it."""
        self._process.kill()
        self._process.wait()
        self._listener.join()
        assert self._process.stdin is not None, "it was started with a pipe"
        with suppress(OSError):  # what the dead process did not read
            self._process.stdin.close()

    @property
    def was_killed(self) -> bool:
        """Whether a dead process died as those do that the system kills for want of memory."""
        return self._process.wait() == -signal.SIGKILL

    def how_it_died(self) -> str:
        """One sentence, to be asked of a process that is dead."""
        code = self._process.wait()
        how = f"killed by {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"
        return f"{DIED} ({how})"

    def last_words(self) -> str:
        """The end of what it wrote on standard error; of a crash where it was."""
        lines = self.log.read_text(errors="replace").splitlines()
        crashes = [number for number, line in enumerate(lines) if line.startswith(CRASH)]
        said = lines[crashes[0] :][:LAST_WORDS] if crashes else lines[-LAST_WORDS:]
        return "\n".join(f"  {line}" for line in said)

    def forget_words(self) -> None:
        """Empties the log: what was printed about images that are done is of no use any more."""
        os.truncate(self.log, 0)

    def _send(self, question: Setup | Question) -> None:
        assert self._process.stdin is not None, "it was started with a pipe"
        with suppress(BrokenPipeError):  # it died: that will be heard
            self._process.stdin.write(json.dumps(question).encode() + b"\n")
            self._process.stdin.flush()

    def _listen(self, heard: Hearing) -> None:
        assert self._process.stdout is not None, "it was started with a pipe"
        with self._process.stdout as answers:
            for line in answers:
                if not line.endswith(b"\n"):
                    break  # it died while it spoke
                heard.put(Heard(self, time.perf_counter(), json.loads(line)))
        heard.put(Heard(self, time.perf_counter(), None))


def error_told(answer: Refused, *where: str) -> errors.AutomaskError:
    """The error of an answer {"is": "error"}, to be raised, after the words of where it was."""
    kind: type[errors.AutomaskError] = getattr(errors, answer["error"])
    return kind(": ".join([*where, answer["message"]]))


@contextmanager
def _told() -> Iterator[None]:
    """A process that the system refuses, for its limits or for want of memory, in our words."""
    try:
        yield
    except OSError as error:
        raise errors.WorkersError(
            f"cannot start a worker process: {error.strerror}; nothing finished is lost: raise the "
            "limit of processes (ulimit -u) or of memory, or give fewer --workers, then run the "
            "same command again"
        ) from error


def _packed(value: WorkerSetup | Job) -> str:
    """For a line of JSON; see worker.py."""
    return base64.b64encode(pickle.dumps(value)).decode()


def _start(log: Path, threads: int) -> subprocess.Popen[bytes]:
    """Starts a worker with variables for its threads and the parent's module path.

    A session of its own keeps Ctrl-C from it: the parent hears that, and ends it.
    """
    with log.open("ab") as words, _told():
        return subprocess.Popen(
            [sys.executable, "-c", CODE, str(os.getpid())],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=words,
            env=_environment(threads),
            start_new_session=True,
        )


def _environment(threads: int) -> dict[str, str]:
    environ = {
        **os.environ,
        **dict.fromkeys(THREAD_VARIABLES, str(threads)),
        "PYTHONPATH": os.pathsep.join(path or os.getcwd() for path in sys.path),
    }
    wait_without_spinning(environ)
    return environ
