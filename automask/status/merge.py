"""The ledgers of an array's tasks become one."""

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
    """Merges, and tells how far the output was. What is left is left to the next run.

    Raises LockedError while a task is at work, OutputError where nothing can be written; then the
    tasks' ledgers are still there.
    """
    try:
        with locked(output, WHOLE_NAME, group_of(WHOLE)):
            status = read_status(output)
            merge_all(output)
            if ledger_files(output):  # none where a task was ended as it began
                write_note(output, _note(output, status))
    except OSError as error:
        raise OutputError(f"cannot merge the records of {output}: {error.strerror}") from error
    return status


def _note(output: Path, status: Status) -> TaskNote:
    """As of a run that was begun for what is left, and has not done any of it."""
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
