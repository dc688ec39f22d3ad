"""One process that masks, for the parent whose process id is its argument; see child.py.

It takes jobs on standard input and answers on standard output, see messages.py. It ends with its
input, or soon after its parent, and where an image raises more than its own failure.
"""

from __future__ import annotations

import base64
import faulthandler
import json
import os
import pickle
import signal
import sys
import threading
import traceback
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import IO

from automask.errors import AutomaskError
from automask.image.process import WorkerContext, process
from automask.pool.messages import IMPORTED, OUT_OF_MEMORY, READY, Answer, Question, Setup
from automask.pool.workers import WorkerSetup, ends_with_error, watch_parent
from automask.records import Job, to_line
from automask.system.exhaustion import is_out_of_memory

Say = Callable[[Answer], None]

# Batch systems send these to every process of a task. What to do about them the parent decides.
PARENTS_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGUSR1)


def main() -> None:
    """Serves until its input ends."""
    for number in PARENTS_SIGNALS:
        signal.signal(number, signal.SIG_IGN)
    faulthandler.enable(all_threads=False)  # a crash writes its stack into the log
    watch_parent(int(sys.argv[1]))
    say = _make_say(_take_stdout())
    try:
        _serve(sys.stdin.buffer, say)
    except AutomaskError as error:
        say({"is": "error", "error": type(error).__name__, "message": str(error)})
    except Exception as error:
        if not is_out_of_memory(error):
            raise
        traceback.print_exc()
        say(OUT_OF_MEMORY)


def _take_stdout() -> IO[bytes]:
    """Standard output for the answers alone: what libraries print goes to standard error."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    return answers


def _make_say(answers: IO[bytes]) -> Say:
    lock = threading.Lock()

    def say(answer: Answer) -> None:
        with lock:
            answers.write(json.dumps(answer).encode() + b"\n")
            answers.flush()

    return say


def _serve(questions: IO[bytes], say: Say) -> None:
    first: Setup = json.loads(questions.readline())
    setup: WorkerSetup = pickle.loads(base64.b64decode(first["setup"]))
    import_module(setup.imports)
    say(IMPORTED)
    at_once = first["at_once"]
    context = setup.make_context(setup, threading.Lock() if at_once > 1 else None)
    say(READY)
    if at_once == 1:  # in its main thread
        for line in questions:
            _answer(line, context, setup.device, say)
        return
    with ThreadPoolExecutor(at_once) as pool:  # loading and writing beside the model
        for line in questions:
            pool.submit(_answer, line, context, setup.device, say)


@ends_with_error()
def _answer(line: bytes, context: WorkerContext, device: str, say: Say) -> None:
    asked: Question = json.loads(line)
    job: Job = pickle.loads(base64.b64decode(asked["job"]))
    changes = {"output": Path(asked["output"]), **({"save": job.save} if job.save else {})}
    config = context.config.model_copy(update=changes)
    outcome = process(job, replace(context, config=config))
    say(
        {
            "is": "done",
            "record": to_line(outcome.record),
            "is_fatal": outcome.is_fatal,
            "is_out_of_memory": outcome.is_out_of_memory,
            "memory_mb": peak_memory_mb(),
            "gpu_memory_mb": _peak_gpu_memory_mb(device),
        }
    )


def peak_memory_mb() -> float:
    """The most resident memory that this process ever had, MiB, mapped weights included."""
    status = Path("/proc/self/status")
    if status.exists():
        # Not ru_maxrss: on Linux a process inherits that of the parent which started it.
        for line in status.read_text().splitlines():
            if line.startswith("VmHWM:"):
                return round(int(line.split()[1]) / 1024, 1)
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return round(peak / (2**20 if sys.platform == "darwin" else 1024), 1)


def _peak_gpu_memory_mb(device: str) -> float | None:
    if not device.startswith("cuda"):
        return None
    import torch

    return round(torch.cuda.max_memory_allocated(device) / 2**20, 1)
