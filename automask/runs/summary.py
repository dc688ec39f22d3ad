"""What a run did, and who is told while it goes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from automask.errors import ExitCode
from automask.output.attention import ToCheck
from automask.output.pace import Pace
from automask.records import NO_OBJECT, OK, ImageRecord

KEPT_FAILURES = 1000  # the others are in the records


class Watcher(Protocol):
    """Someone who is told how a run goes; the command line shows it."""

    def begin(self, total: int, done_before: int) -> None: ...
    def finished(self, record: ImageRecord) -> None: ...
    def end(self) -> None: ...


class Silence:
    """A watcher that shows nothing."""

    def begin(self, total: int, done_before: int) -> None:
        """Called once, before the first image."""

    def finished(self, record: ImageRecord) -> None:
        """Called after each image, its record already on disk."""

    def end(self) -> None:
        """Called once, whatever happened."""


@dataclass
class RunSummary:
    """The result of a run."""

    images: int = 0  # all of the input folder, or of its part
    ok: int = 0  # masked by this run
    no_object: int = 0  # without an acceptable mask
    failed: int = 0  # not masked, see failures
    skipped: int = 0  # finished by an earlier run
    redrawn: int = 0  # from a result that a person mended
    rejected: int = 0  # by a person: left alone
    to_check: ToCheck = field(default_factory=ToCheck)  # of the whole output, earlier runs too
    pace: Pace = field(default_factory=Pace)  # of this run's images
    failures: list[tuple[str, str]] = field(default_factory=list)  # image, error; the first ones
    mended: list[str] = field(default_factory=list)  # images with results that a person made
    missing: list[str] = field(default_factory=list)  # images whose results were gone
    steps: list[str] = field(default_factory=list)  # what was reduced when memory ran short
    not_staged: str | None = None  # why the weights are not read from the node's own disk
    left_out: Mapping[str, int] = field(default_factory=dict)  # what was not masked, by kind
    unseen: tuple[str, ...] = ()  # folders of the input that could not be read
    seconds_wall: float = 0.0  # of the whole run
    output: Path = Path()  # the output folder

    @property
    def images_per_hour(self) -> float:
        """Rate of this run's own images, without the start-up; 0 where there were none."""
        return self.pace.images_per_hour

    @property
    def exit_code(self) -> int:
        return ExitCode.SOME_FAILED if self.failed or self.unseen else ExitCode.OK

    def count(self, record: ImageRecord) -> None:
        self.pace.add(record.started_at, record.seconds_total)
        self.steps += [step for step in record.steps if step not in self.steps]
        if record.is_done and record.mended and record.confidence is None:
            self.redrawn += 1
        elif record.status == OK:
            self.ok += 1
        elif record.status == NO_OBJECT:
            self.no_object += 1
        else:
            self.failed += 1
            if len(self.failures) < KEPT_FAILURES:
                self.failures.append((record.image, record.error or ""))
