"""How many workers, with how many threads each, the cores of this process allow."""

from __future__ import annotations

from dataclasses import dataclass

from automask.errors import UsageError

# Around a GPU: one image in the model, one being loaded, one being written.
GPU_WORKERS = 3


@dataclass(frozen=True)
class Crew:
    """workers x threads, never more than the cores that this process may use."""

    workers: int
    threads: int  # of each worker


def plan_crew(
    workers: int | None, threads: int | None, cores: int, threads_wanted: int, on_gpu: bool = False
) -> Crew:
    """Fills in what was not asked for; raises UsageError where what was asked does not fit.

    threads_wanted: threads of a worker that suit the model. On a GPU workers are threads that
    load and write beside the model, and may exceed the cores.
    """
    if on_gpu:
        return Crew(workers or GPU_WORKERS, threads or cores)
    if workers is None and threads is None:
        threads = min(threads_wanted, cores)
    if workers is None:
        workers = max(1, cores // (threads or 1))
    if threads is None:
        threads = max(1, cores // workers)
    if workers * threads > cores:
        raise UsageError(
            f"{workers} workers x {threads} threads is more than the {cores} cores this process "
            "may use; they would only slow each other down: give fewer, or only one of the two"
        )
    return Crew(workers, threads)
