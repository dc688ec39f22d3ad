"""Which images a person is shown, in which order, and what a random sample says of the rest."""

from __future__ import annotations

import hashlib
import math
import os
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from automask.errors import UsageError
from automask.output.decisions import ACCEPTED, NO_OBJECT, UNSURE, Decision
from automask.records import FAILED, LOW_CONFIDENCE, OK, ImageRecord
from automask.records import NO_OBJECT as NOTHING_FOUND

SAMPLE = "sample:"
ID_DIGITS = 16
Z_95 = 1.959964  # of the normal distribution, two-sided 95 %


@dataclass(frozen=True)
class Item:
    """One image of the list."""

    id: str  # the only name of it that the page knows
    record: ImageRecord


@dataclass(frozen=True)
class Worklist:
    """The images of a queue, what is most likely wrong first."""

    queue: str
    items: tuple[Item, ...]

    @cached_property
    def by_id(self) -> Mapping[str, Item]:
        return {item.id: item for item in self.items}

    @cached_property
    def place(self) -> Mapping[str, int]:
        """Of each id, where it stands."""
        return {item.id: number for number, item in enumerate(self.items)}

    @property
    def is_sample(self) -> bool:
        return self.queue.startswith(SAMPLE)


def make_worklist(records: Iterable[ImageRecord], queue: str) -> Worklist:
    """The images of a queue.

    queue: confidence (failed, nothing found, or a confidence below 0.5), flags, failed, no_object,
    all (by name), or sample:N (N at random, the same N each time). Raises UsageError for another
    name, or where the queue is empty.
    """
    records = list(records)
    if queue.startswith(SAMPLE):
        chosen = _sample(records, queue)
    else:
        chosen = sorted(filter(_chooser(queue), records), key=_order(queue))
    if not chosen:
        raise UsageError(f"there is nothing in the queue {queue}; --queue all shows every image")
    return Worklist(queue, tuple(Item(id_of(record.image), record) for record in chosen))


def id_of(image: str) -> str:
    """A name for an image that says nothing of its path and stays the same over restarts."""
    return hashlib.sha256(os.fsencode(image)).hexdigest()[:ID_DIGITS]


def next_open(
    worklist: Worklist,
    decisions: Mapping[str, Decision],
    after: str | None = None,
    taken: Collection[str] = (),
) -> Item | None:
    """The next image to be looked at: after an id, from the top, then what was put back.

    taken: ids that others have in hand.
    """
    start = 0 if after is None else worklist.place[after] + 1
    turned = [*worklist.items[start:], *worklist.items[:start]]
    free = [item for item in turned if item.id not in taken]
    unseen = (item for item in free if item.record.image not in decisions)
    unsure = (i for i in free if i.id != after and _verdict(decisions, i) == UNSURE)
    return next(unseen, None) or next(unsure, None)


def _verdict(decisions: Mapping[str, Decision], item: Item) -> str | None:
    decision = decisions.get(item.record.image)
    return None if decision is None else decision.verdict


def _chooser(queue: str) -> Callable[[ImageRecord], bool]:
    choosers: dict[str, Callable[[ImageRecord], bool]] = {
        "confidence": lambda record: record.status != OK or _confidence(record) < LOW_CONFIDENCE,
        "flags": lambda record: bool(record.flags),
        "failed": lambda record: record.status == FAILED,
        "no_object": lambda record: record.status == NOTHING_FOUND,
        "all": lambda _: True,
    }
    if queue not in choosers:
        raise UsageError(f"--queue must be one of {', '.join(choosers)} or sample:N, not {queue!r}")
    return choosers[queue]


def _order(queue: str) -> Callable[[ImageRecord], tuple[object, ...]]:
    rank = {FAILED: 0, NOTHING_FOUND: 1, OK: 2}
    if queue == "all":
        return lambda record: (os.fsencode(record.image),)
    return lambda r: (rank[r.status], _confidence(r), os.fsencode(r.image))


def _confidence(record: ImageRecord) -> float:
    return record.confidence or 0.0


def _sample(records: list[ImageRecord], queue: str) -> list[ImageRecord]:
    """As good as at random, since a digest knows nothing of pictures; and the same on every day."""
    count = queue.removeprefix(SAMPLE)
    if not count.isdecimal() or int(count) < 1:
        raise UsageError(f"--queue sample:N needs a number of 1 or more, not {count!r}")
    return sorted(records, key=lambda record: id_of(record.image))[: int(count)]


@dataclass(frozen=True)
class Estimate:
    """The share of bad masks in a whole run, by a sample of it."""

    looked_at: int
    bad: int
    share: float
    low: float  # of the 95 % interval
    high: float


def estimate(worklist: Worklist, decisions: Mapping[str, Decision]) -> Estimate | None:
    """What a sample says so far; None: it is no sample, or nothing of it is settled.

    A mask was bad where a person did not leave it as it was. The interval is Wilson's ("Probable
    inference, the law of succession, and statistical inference", 1927), which holds for few.
    """
    if not worklist.is_sample:
        return None
    settled = [
        (item.record, decision)
        for item in worklist.items
        if (decision := decisions.get(item.record.image)) is not None and decision.is_settled
    ]
    if not settled:
        return None
    bad = sum(not _was_good(record, decision) for record, decision in settled)
    return Estimate(len(settled), bad, bad / len(settled), *wilson(bad, len(settled)))


def _was_good(record: ImageRecord, decision: Decision) -> bool:
    agrees = decision.verdict == NO_OBJECT and record.status == NOTHING_FOUND
    return decision.verdict == ACCEPTED or agrees


def wilson(count: int, of: int) -> tuple[float, float]:
    """The 95 % interval of a share that was `count` of `of` seen."""
    share, square = count / of, Z_95**2 / of
    centre = (share + square / 2) / (1 + square)
    reach = Z_95 / (1 + square) * math.sqrt(share * (1 - share) / of + square / (4 * of))
    return max(0.0, centre - reach), min(1.0, centre + reach)
