"""What a worker process and its parent say to each other: JSON objects, one a line.

The parent sends a Setup, then a Question for each image. The worker answers IMPORTED and READY,
then a Done for each image; a Refused or OUT_OF_MEMORY where a fault concerns every image.
"""

from __future__ import annotations

from typing import Literal, TypedDict


# Functional, for `is`, which says what an answer is, is a keyword of Python.
class Setup(TypedDict):
    setup: str
    at_once: int  # setup: pickled WorkerSetup, base64


class Question(TypedDict):
    job: str
    output: str  # job: pickled Job, base64


Started = TypedDict("Started", {"is": Literal["imported", "ready", "out of memory"]})
Refused = TypedDict(
    "Refused",
    {
        "is": Literal["error"],
        "error": str,  # name of a class of automask.errors
        "message": str,
    },
)
Done = TypedDict(
    "Done",
    {
        "is": Literal["done"],
        "record": str,  # the line of the ledger
        "is_fatal": bool,  # nothing can be written any more
        "is_out_of_memory": bool,  # the image may succeed where less is done at once
        "memory_mb": float,  # peak resident memory of the worker, MiB
        "gpu_memory_mb": "float | None",  # peak allocated memory of the GPU, MiB
    },
)
Answer = Started | Refused | Done

IMPORTED: Started = {"is": "imported"}
READY: Started = {"is": "ready"}
OUT_OF_MEMORY: Started = {"is": "out of memory"}
