"""Merges the ledgers of a job array's tasks."""

from __future__ import annotations

import socket
import time
from pathlib import Path

from automask.errors import OutputError
from automask.output.ledger import ledger_files, read_lines
from automask.output.lock import locked
from automask.output.task import TaskNote, group_of, ledger, merge_all, write_note
from automask.sharding.shard import WHOLE, WHOLE_NAME
from automask.status.status import Status, read_status


def merge_output(output: Path) -> Status:
    """Merge the ledgers; what is left to mask is for the next run.

    Args:
        output: The output folder.

    Returns:
        The status of the output before.

    Raises:
        LockedError: A task is running.
        OutputError: The merged ledger cannot be written; the tasks' ledgers are still there.
    """
    try:
        with locked(output, WHOLE_NAME, group_of(WHOLE)):
            status = read_status(output)
            merge_all(output)
            if ledger_files(output):  # none if a task was killed at its start
                write_note(output, _note(output, status))
    except OSError as error:
        raise OutputError(f"cannot merge the records of {output}: {error.strerror}") from error
    return status


def _note(output: Path, status: Status) -> TaskNote:
    """The note of a run that was started for what is left and has done none of it."""
    lines = read_lines(ledger(output, WHOLE_NAME))
    newest = max((values.get("generation", 0) for _, values in lines), default=0)
    images = sum(status.counts.values()) + status.left
    return TaskNote(
        task=WHOLE_NAME,
        group=group_of(WHOLE),
        images=images,
        everywhere=images,
        todo=status.left,
        generation=newest + 1,
        started=time.time(),
        host=socket.gethostname(),
    )
