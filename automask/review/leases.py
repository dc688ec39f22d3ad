"""Who has which image in hand: two people on one queue do not correct the same mask.

A lease is a file, so that two servers on one output see each other's. It ends by itself: a browser
that was closed, or a machine that was, keeps nobody away for long.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

from automask.output.decisions import DECISIONS
from automask.output.lock import guarded
from automask.system.files import write_atomic

LEASES = "leases"
LEASE_SECONDS = 60.0  # the page renews it every 20 s


@dataclass(frozen=True)
class Lease:
    """An image in somebody's hands."""

    client: str  # of the page that holds it; made up by the page
    reviewer: str
    until: float  # seconds since the epoch


class Leases:
    """The leases of one output folder."""

    def __init__(self, output: Path, now: Callable[[], float] = time.time) -> None:
        self._output, self._now = output, now
        self._folder = output / DECISIONS / LEASES

    def take(self, item: str, client: str, reviewer: str) -> Lease:
        """Takes or renews a lease of an item's id. Returns that which holds now: another's, maybe.

        Raises OSError where nothing can be written.
        """
        with guarded(self._output):
            held = self.holder(item)
            if held is not None and held.client != client:
                return held
            mine = Lease(client, reviewer, self._now() + LEASE_SECONDS)
            write_atomic(self._file(item), json.dumps(asdict(mine)).encode())
            return mine

    def give_back(self, item: str, client: str) -> None:
        """Ends a lease, if it is this client's."""
        with guarded(self._output):
            held = self.holder(item)
            if held is not None and held.client == client:
                self._file(item).unlink(missing_ok=True)

    def holder(self, item: str) -> Lease | None:
        """The lease of an item that has not ended; None: anybody may take it."""
        try:
            lease = Lease(**json.loads(self._file(item).read_text()))
        except (OSError, ValueError, TypeError):
            return None
        return lease if lease.until > self._now() else None

    def held(self) -> dict[str, Lease]:
        """All leases that have not ended, by the item's id."""
        names = [file.stem for file in self._folder.glob("*.json")] if self._folder.is_dir() else []
        found = ((name, self.holder(name)) for name in names)
        return {name: lease for name, lease in found if lease is not None}

    def _file(self, item: str) -> Path:
        return self._folder / f"{item}.json"
