"""Which part of the photographs a task masks when many tasks share one input and output."""

from __future__ import annotations

import hashlib
import math
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from automask.errors import UsageError
from automask.image.kinds import split_extension
from automask.image.names import normal
from automask.sharding.batch_systems import array_task

WHOLE_NAME = "run"
OFF = "off"


@dataclass(frozen=True)
class Shard:
    """One of `count` parts of the photographs, numbered from 1 as users write them: 3/64.

    The part of a photograph is a hash of its path relative to the input, without the extension. It
    does not depend on other photographs, the machine, Python's hash seed or settings. Two
    photographs that would write one output (a.jpg, a.png) share a part, whose task refuses them.
    """

    index: int  # 1 .. count
    count: int
    source: str = field(default="", compare=False)  # the option or variable that set it

    def holds(self, relative_path: str) -> bool:
        """Whether a photograph is in this part; posix separators, any bytes in the name."""
        return self.count == 1 or index_of(relative_path, self.count) == self.index

    @property
    def is_whole(self) -> bool:
        """Whether this is the only part."""
        return self.count == 1

    @property
    def task_name(self) -> str:
        """Name of the task's records file without .jsonl; sorted as the numbers are."""
        if self.is_whole:
            return WHOLE_NAME
        width = max(4, len(str(self.count)))
        return f"shard-{self.index:0{width}}-of-{self.count:0{width}}"

    def meets(self, task_name: str) -> bool:
        """Whether a task of this name can have masked a photograph of this part.

        So a task of 64 reads its own records file and that of an unsharded run, not 63 others.

        Args:
            task_name: Name of a records file without .jsonl.

        Returns:
            True as well for names of other origin, whose content is unknown.
        """
        named = re.fullmatch(r"shard-(\d+)-of-(\d+)", task_name)
        if named is None:
            return True
        # A hash can have one remainder by `count` and another by the other count if the remainders
        # agree modulo their greatest common divisor (Chinese remainder theorem).
        index, count = map(int, named.groups())
        return (self.index - index) % math.gcd(self.count, count) == 0 if count else True

    def __str__(self) -> str:
        return f"{self.index}/{self.count}"


WHOLE = Shard(1, 1)


def parse(text: str) -> Shard:
    """`3/64`, or `off` for everything. Raises UsageError for anything else."""
    if text.strip().lower() == OFF:
        return WHOLE
    numbers = re.fullmatch(r"\s*(\d+)\s*/\s*(\d+)\s*", text, re.ASCII)
    if numbers is None:
        raise UsageError(f"--shard takes I/N, such as 3/64, or off, not {text!a}")
    index, count = map(int, numbers.groups())
    if not 1 <= index <= count:
        raise UsageError(f"--shard {index}/{count}: I of I/N is one of 1 to N")
    return Shard(index, count, "--shard")


def shard_from_environment(environ: Mapping[str, str]) -> Shard | None:
    """The shard of a batch system's array task, see batch_systems.py; None outside of one.

    Args:
        environ: The environment variables.

    Returns:
        The shard, or None.

    Raises:
        UsageError: The environment gives a task's number but not their count, or two batch
            systems give one; the message says what to set.
    """
    task = array_task(environ)
    return None if task is None else Shard(task.index, task.count, task.source)


def find_shard(asked: str | None, environ: Mapping[str, str]) -> Shard:
    """The shard that --shard asks for; else that of the array task; else everything.

    Args:
        asked: The value of --shard, or None.
        environ: The environment variables.

    Returns:
        The shard.

    Raises:
        UsageError: See `parse` and `shard_from_environment`.
    """
    if asked is not None:
        return parse(asked)
    return shard_from_environment(environ) or WHOLE


def index_of(relative_path: str, count: int) -> int:
    """The part, 1 .. count, of a photograph, by its path relative to the input folder."""
    stem = normal(split_extension(relative_path)[0])
    digest = hashlib.blake2b(os.fsencode(stem), digest_size=8).digest()
    return int.from_bytes(digest, "big") % count + 1
