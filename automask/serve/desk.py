"""The server's desk: takes photographs on, within the limits, and gives out what became of them."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from http import HTTPStatus

from starlette.exceptions import HTTPException

from automask.image.process import Outcome
from automask.records import FAILED, ImageRecord
from automask.serve.batches import Batch, Batches, Photograph
from automask.serve.figures import Figures
from automask.serve.folder import Folder, new_id
from automask.serve.intake import Asked
from automask.serve.limits import Limits
from automask.serve.line import REQUEST, Line

PATIENCE_SECONDS = 1.0  # interval of checks whether a client is still connected
MOST_RETRY_SECONDS = 600

IsGone = Callable[[], Awaitable[bool]]


class Busy(HTTPException):
    """Too much at once; `seconds` later there may be room."""

    def __init__(self, reason: str, seconds: float) -> None:
        after = min(max(1, math.ceil(seconds)), MOST_RETRY_SECONDS)
        super().__init__(HTTPStatus.TOO_MANY_REQUESTS, reason, {"retry-after": str(after)})


class Desk:
    """All methods are called in the event loop's thread."""

    def __init__(
        self, folder: Folder, line: Line, batches: Batches, limits: Limits, figures: Figures,
        workers: int,
    ) -> None:  # fmt: skip
        self.folder, self.line, self.batches = folder, line, batches
        self.limits, self.figures, self.workers = limits, figures, workers
        self.requests = 0  # at once, now

    @contextmanager
    def place(self) -> Iterator[None]:
        """One of the places in the queue, from before the body is read. Raises Busy."""
        if self.requests >= self.limits.queue:
            reason = f"{self.requests} requests are at work; try again later"
            raise Busy(reason, self._seconds_for(self.requests))
        self.requests += 1
        try:
            yield
        finally:
            self.requests -= 1

    async def mask(self, asked: Asked, kind: str, is_gone: IsGone) -> tuple[ImageRecord, str]:
        """The record of a photograph, and where its result is; `forget` that afterwards.

        Raises HTTPException where it takes too long. A client that has gone is not masked for.
        """
        group, sent = new_id(), asked.photographs[0]
        kept = await asyncio.to_thread(self.folder.keep, group, 0, sent.name, sent.data, (kind,))
        job = replace(kept, prompts=asked.prompts)
        loop = asyncio.get_running_loop()
        ended: asyncio.Future[Outcome] = loop.create_future()

        def settle(outcome: Outcome) -> None:
            if not ended.done():
                ended.set_result(outcome)

        def on_outcome(outcome: Outcome) -> None:
            loop.call_soon_threadsafe(settle, outcome)

        self.line.add(job, REQUEST, on_outcome)
        try:
            outcome = await self._waited(ended, is_gone)
        except BaseException:
            self.line.drop(job.image)
            await self.forget(group)
            raise
        return outcome.record, job.stem

    async def _waited(self, ended: asyncio.Future[Outcome], is_gone: IsGone) -> Outcome:
        until = asyncio.get_running_loop().time() + self.limits.wait_seconds
        while not ended.done():
            left = until - asyncio.get_running_loop().time()
            if left <= 0:
                reason = f"not done within {self.limits.wait_seconds:g} s; try again later"
                raise HTTPException(HTTPStatus.SERVICE_UNAVAILABLE, reason, {"retry-after": "30"})
            await asyncio.wait({ended}, timeout=min(PATIENCE_SECONDS, left))
            if not ended.done() and await is_gone():
                raise HTTPException(499, "the client has gone")
        return ended.result()

    async def forget(self, stem: str) -> None:
        """Removes what was kept of a request."""
        await asyncio.to_thread(self.folder.remove, stem.partition("/")[0])

    async def take_batch(self, asked: Asked) -> Batch:
        """A batch, on the disk when this returns. Raises Busy."""
        room = self.limits.batch_photographs - self.batches.waiting
        if len(asked.photographs) > room:
            reason = f"{self.batches.waiting} photographs of batches are waiting; try again later"
            raise Busy(reason, self._seconds_for(self.batches.waiting))
        return await asyncio.to_thread(self._accept, asked)

    def _accept(self, asked: Asked) -> Batch:
        group = new_id()
        try:
            photographs = tuple(
                Photograph(sent.name, self.folder.keep(group, n, sent.name, sent.data, ()).image)
                for n, sent in enumerate(asked.photographs)
            )
            return self.batches.accept(group, asked.outputs, photographs)
        except OSError:
            self.folder.remove(group)
            raise

    def _seconds_for(self, photographs: int) -> float:
        return self.figures.seconds_each * photographs / max(1, self.workers)


def is_failed(record: ImageRecord) -> bool:
    return record.status == FAILED
