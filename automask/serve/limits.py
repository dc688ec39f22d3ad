"""What a server takes on, and no more."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """Beyond each of them a request is refused with its reason."""

    body_bytes: int = 64 * 2**20  # of one request, all photographs of a batch together
    queue: int = 64  # requests at once, from their first byte to their answer
    batch_photographs: int = 2000  # that batches may have waiting, all together
    wait_seconds: float = 300.0  # from a photograph's arrival to its answer
