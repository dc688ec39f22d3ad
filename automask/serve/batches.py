"""Batches: many photographs as one job that outlives the connection, and the server itself.

A batch is accepted when its photographs and its description are on the disk; from then on a
restart, or a kill -9, costs none of it: what has no record is masked again.
"""

from __future__ import annotations

import json
import threading
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from automask.errors import UsageError
from automask.image.process import Outcome
from automask.output.ledger import RecordWriter, read_records
from automask.records import FAILED, ImageRecord
from automask.serve.folder import Folder
from automask.serve.line import BATCH, Line
from automask.system.files import write_atomic


@dataclass(frozen=True)
class Photograph:
    """One of a batch."""

    name: str  # as the client called it; shown, never a path
    image: str  # ours, below photographs/


@dataclass
class Batch:
    """What was asked, and how far it is."""

    id: str
    created: float  # seconds since the epoch
    kinds: tuple[str, ...]
    photographs: tuple[Photograph, ...]
    is_cancelled: bool = False
    records: dict[str, ImageRecord] = field(default_factory=dict)  # by image

    @property
    def waiting(self) -> int:
        """Photographs that will still be masked."""
        return 0 if self.is_cancelled else len(self.photographs) - len(self.records)

    @property
    def state(self) -> str:
        if self.is_cancelled:
            return "cancelled"
        return "working" if self.waiting else "done"


class Batches:
    """All batches of a server's folder. May be called from any thread."""

    def __init__(self, folder: Folder, line: Line) -> None:
        self.folder, self.line = folder, line
        self._lock = threading.Lock()
        self._batches: dict[str, Batch] = {}

    @property
    def waiting(self) -> int:
        """Photographs of all batches that are not done."""
        with self._lock:
            return sum(batch.waiting for batch in self._batches.values())

    def get(self, batch_id: str) -> Batch | None:
        return self._batches.get(batch_id)

    def all(self) -> list[Batch]:
        """The newest first."""
        with self._lock:
            return sorted(self._batches.values(), key=lambda batch: -batch.created)

    def accept(
        self, batch_id: str, kinds: tuple[str, ...], photographs: tuple[Photograph, ...]
    ) -> Batch:
        """A batch whose photographs are on the disk. Raises OSError."""
        batch = Batch(batch_id, time.time(), kinds, photographs)
        self._write(batch)
        self._begin(batch)
        return batch

    def cancel(self, batch: Batch) -> None:
        """What has not begun is not masked; what is done stays. Raises OSError."""
        with self._lock:
            batch.is_cancelled = True
            self._write(batch)
        for photograph in batch.photographs:
            self.line.drop(photograph.image)

    def delete(self, batch: Batch) -> None:
        """Cancels, and removes photographs and results. Raises OSError."""
        self.cancel(batch)
        with self._lock:
            del self._batches[batch.id]
        self.folder.remove(batch.id)

    def resume(self) -> None:
        """Goes on with the batches of an earlier server. Raises UsageError, OSError."""
        for file in sorted(self.folder.batches.glob("*.json")):
            batch = _read(file)
            for record in read_records(self._ledger(batch)):
                batch.records[record.image] = record
            self._begin(batch)
        self.folder.remove_but(set(self._batches))

    def _begin(self, batch: Batch) -> None:
        with self._lock:
            self._batches[batch.id] = batch
        if batch.is_cancelled:
            return
        for photograph in batch.photographs:
            if photograph.image not in batch.records:
                job = self.folder.job(photograph.image, batch.kinds)
                self.line.add(job, BATCH, lambda outcome: self._record(batch, outcome))

    def _record(self, batch: Batch, outcome: Outcome) -> None:
        with self._lock:
            if batch.id not in self._batches:
                return  # deleted while it was in hand
            record = outcome.record
            with RecordWriter(self._ledger(batch)) as writer:
                writer.append(record)
            batch.records[record.image] = record

    def _ledger(self, batch: Batch) -> Path:
        return self.folder.batches / f"{batch.id}.jsonl"

    def _write(self, batch: Batch) -> None:
        values: dict[str, Any] = {
            "id": batch.id,
            "created": batch.created,
            "kinds": batch.kinds,
            "photographs": [asdict(photograph) for photograph in batch.photographs],
            "is_cancelled": batch.is_cancelled,
        }
        write_atomic(self.folder.batches / f"{batch.id}.json", json.dumps(values).encode())


def _read(file: Path) -> Batch:
    try:
        values = json.loads(file.read_text())
        photographs = tuple(Photograph(**one) for one in values["photographs"])
        kinds = tuple(values["kinds"])
        return Batch(values["id"], values["created"], kinds, photographs, values["is_cancelled"])
    except (ValueError, KeyError, TypeError) as error:
        raise UsageError(f"{file} describes no batch: {error}; move it away") from error


def failures(batch: Batch) -> int:
    return sum(record.status == FAILED for record in batch.records.values())
