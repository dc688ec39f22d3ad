"""Which prompts an image has: those of its own name, else of the first pattern that fits it."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from pathlib import Path

from automask.errors import UsageError
from automask.image.prompts import GivenPrompts
from automask.prompts.entries import PromptLine
from automask.prompts.files import read_prompts
from automask.records import Job, ObjectPrompt


@dataclass(frozen=True)
class Prompted:
    """The jobs of a run with their prompts."""

    jobs: list[Job]
    unused: tuple[str, ...] = ()  # where those lines stand that fit none of the images

    @property
    def count(self) -> int:
        """How many of the images have prompts."""
        return sum(job.prompts is not None for job in self.jobs)


def with_prompts(jobs: Sequence[Job], file: Path, iterations: int) -> Prompted:
    """Gives each job the prompts that a file has for it; others stay as they are.

    Raises UsageError where a line cannot be used.
    """
    groups = _by_pattern(read_prompts(file))
    used: set[str] = set()
    prompted = [_prompted(job, groups, used, iterations) for job in jobs]
    unused = [line for pattern, lines in groups.items() if pattern not in used for line in lines]
    return Prompted(prompted, tuple(line.where for line in unused))


def _by_pattern(lines: Iterable[PromptLine]) -> dict[str, list[PromptLine]]:
    groups: dict[str, list[PromptLine]] = {}
    for line in lines:
        groups.setdefault(_normal(line.pattern), []).append(line)
    return groups


def _prompted(
    job: Job, groups: Mapping[str, list[PromptLine]], used: set[str], iterations: int
) -> Job:
    name = _normal(job.image)
    pattern = name if name in groups else next((p for p in groups if fnmatchcase(name, p)), None)
    if pattern is None:
        return job
    used.add(pattern)
    given = GivenPrompts(tuple(_objects(groups[pattern])), iterations)
    return replace(job, prompts=given.to_text())


def _objects(lines: Sequence[PromptLine]) -> list[ObjectPrompt]:
    """One prompt for each object: the points of its lines together, and its one box."""
    objects: dict[str, ObjectPrompt] = {}
    for number, line in enumerate(lines):
        name = line.object or f"\0{number}"  # a line without a name is an object of its own
        known = objects.get(name)
        objects[name] = line.prompt if known is None else _joined(known, line)
    return list(objects.values())


def _joined(known: ObjectPrompt, line: PromptLine) -> ObjectPrompt:
    more = line.prompt
    if known.box_xyxy and more.box_xyxy:
        raise UsageError(f"{line.where}: object {line.object!a} has a box already")
    if known.is_relative != more.is_relative:
        raise UsageError(f"{line.where}: object {line.object!a} is in px and relative")
    return replace(
        known, points=known.points + more.points, box_xyxy=known.box_xyxy or more.box_xyxy
    )


def _normal(name: str) -> str:
    """Names from another system may be written with the same letters in other bytes."""
    return unicodedata.normalize("NFC", name)
