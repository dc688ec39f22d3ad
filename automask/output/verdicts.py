"""What a person says of images from the command line, into the store of decisions."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from automask.errors import OutputError, reraise_oserror
from automask.image.names import normal
from automask.output.decisions import REJECTED, Decision, append_decisions, read_decisions
from automask.output.names import find_images

ENOUGH = 20  # masks of one kind, from which tuning is worth it


def decide(
    output: Path, names: Sequence[str], verdict: str, reviewer: str, source: str
) -> list[str]:
    """Writes the verdict on the images that are meant, all or none; returns them.

    Of files the decisions tell nothing: none is touched. Raises UsageError for a name that fits no
    image, OutputError where nothing can be written.
    """
    images = find_images(output, names)
    decisions = [Decision(image, verdict, reviewer=reviewer, source=source) for image in images]
    with reraise_oserror(OutputError, f"cannot write the decisions of {output}"):
        append_decisions(output, decisions)
    return images


def vouched_images(output: Path) -> frozenset[str] | None:
    """The images whose mask a person stands for, in the form of `normal`; None: too few.

    Where they are enough to be learned from alone, the rest is the machine's own answer.
    """
    decisions = read_decisions(output).values()
    vouched = frozenset(normal(one.image) for one in decisions if one.is_usable)
    return vouched if len(vouched) >= ENOUGH else None


def settled_images(output: Path) -> frozenset[str]:
    """The images of an output that no person needs to look at again."""
    return frozenset(name for name, one in read_decisions(output).items() if one.is_settled)


def rejected_images(output: Path) -> frozenset[str]:
    """The images of an output that a person rejected, in the form of `normal`; none where nobody
    has decided anything.
    """
    decisions = read_decisions(output).values()
    return frozenset(normal(one.image) for one in decisions if one.verdict == REJECTED)
