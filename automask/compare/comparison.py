"""The comparison of two output folders."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from automask.compare.agreement import Agreement, Likeness, Unread, agreement, likeness
from automask.compare.masks import Masks
from automask.compare.runs import Pairing, Run, differing_settings, pair, read_run
from automask.compare.speed import Pace, StageSpeed, pace, stage_speeds
from automask.errors import ExitCode, UsageError
from automask.records import ImageRecord

Track = Callable[[Iterable[Likeness | Unread], int], Iterable[Likeness | Unread]]


@dataclass(frozen=True)
class Options:
    """The options of the command line."""

    a: Path
    b: Path
    price_a: float | None = None  # of an hour, any currency
    price_b: float | None = None
    images: Path | None = None  # the photographs; None: where run.json says they are


@dataclass(frozen=True)
class Comparison:
    """The result of a comparison."""

    options: Options
    a: Run
    b: Run
    pairing: Pairing
    pace_a: Pace
    pace_b: Pace
    stages: tuple[StageSpeed, ...]
    likenesses: tuple[Likeness, ...]  # of each image that both have finished and kept
    unread: tuple[Unread, ...]
    agreement: Agreement | None  # None: there is no such image
    settings: tuple[tuple[str, str, str], ...]  # that differ: name, A's, B's

    @property
    def times_as_fast(self) -> float | None:
        """B's images per hour over A's."""
        return _ratio(self.pace_b.images_per_hour, self.pace_a.images_per_hour)

    @property
    def times_the_cost(self) -> float | None:
        """The cost of an image in B over that in A."""
        return _ratio(self.pace_b.cost_per_1000, self.pace_a.cost_per_1000)

    @cached_property
    def pairs(self) -> tuple[tuple[ImageRecord, ImageRecord], ...]:
        """A's and B's record of each image compared."""
        return tuple((self.a.records[i], self.b.records[i]) for i in self.pairing.both)

    @property
    def changes(self) -> Counter[tuple[str, str]]:
        """The number of images by their status in A and in B."""
        return Counter((a.status, b.status) for a, b in self.pairs)

    @property
    def kinds(self) -> tuple[Counter[str], Counter[str]]:
        """The kinds of results that the masks of A and B were read from, with counts."""
        compared = [(self.a.records[one.image], self.b.records[one.image])
                    for one in self.likenesses]  # fmt: skip
        ours, theirs = Masks(self.a), Masks(self.b)
        return (
            Counter(kind for a, _ in compared if (kind := ours.kind(a))),
            Counter(kind for _, b in compared if (kind := theirs.kind(b))),
        )

    @property
    def exit_code(self) -> int:
        """1 if a mask could not be read, else 0."""
        return ExitCode.SOME_FAILED if self.unread else ExitCode.OK


def compare(options: Options, track: Track = lambda outcomes, _total: outcomes) -> Comparison:
    """Compare two runs.

    Args:
        options: The options of the command line.
        track: Wraps the outcomes, given their number, to show progress.

    Returns:
        The comparison; masks that cannot be read are `unread` in it.

    Raises:
        UsageError: There is nothing to compare.
    """
    if options.images is not None and not options.images.is_dir():
        raise UsageError(f"--images {options.images} is no folder")
    a, b = read_run(options.a, "A"), read_run(options.b, "B")
    pairing = pair(a, b)
    pairs = [(a.records[image], b.records[image]) for image in pairing.both]
    finished = [(one, other) for one, other in pairs if one.is_done and other.is_done]
    ours, theirs = Masks(a), Masks(b)
    outcomes = track((likeness(*two, ours, theirs) for two in finished), len(finished))
    found = list(outcomes)
    likenesses = tuple(one for one in found if isinstance(one, Likeness))
    return Comparison(
        options=options,
        a=a,
        b=b,
        pairing=pairing,
        pace_a=pace(a.records.values(), options.price_a),
        pace_b=pace(b.records.values(), options.price_b),
        stages=stage_speeds(pairs),
        likenesses=likenesses,
        unread=tuple(one for one in found if isinstance(one, Unread)),
        agreement=agreement(likenesses),
        settings=differing_settings(a, b),
    )


def _ratio(one: float | None, other: float | None) -> float | None:
    return one / other if one is not None and other else None
