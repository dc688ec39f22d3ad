"""Which photographs are learned from, which choose the best epoch, which are measured on."""

from __future__ import annotations

import hashlib
import os
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from fnmatch import fnmatchcase

from automask.errors import UsageError
from automask.export.duplicates import fingerprint, near_groups
from automask.export.splitting import SIDES, Shares, parse_shares
from automask.export.splitting import split as split_groups
from automask.train.examples import Example

TRAIN, VAL, TEST = SIDES
HOLDOUT = "holdout"


def with_sides(examples: Sequence[Example], split: str, holdout: int, seed: int) -> list[Example]:
    """The examples with their sides, near-duplicates on one.

    split: TRAIN/VAL/TEST, shares such as 0.6/0.2/0.2, or patterns of the file's names such as
    `sky_train_*/sky_val_*/sky_test_*`, which are taken as they are; what no pattern matches is left
    out. holdout: so many photographs, as nearly as groups of near-duplicates allow, are taken away
    before. Raises UsageError where that leaves a side empty.
    """
    if holdout >= len(examples):
        raise UsageError(
            f"--holdout {holdout} leaves nothing to learn from: there are {len(examples)} "
            "photographs with masks"
        )
    if _is_patterns(split):
        sided = _by_patterns(examples, split)
        kept_back = _held_out(sided, [TEST], holdout, seed, list(range(len(sided))))
    else:
        groups = near_groups([fingerprint(e.image, e.max_pixels) for e in examples])
        shares = parse_shares(split)
        kept_back = _held_out(examples, None, holdout, seed, groups)
        sided = _by_shares(examples, groups, shares, kept_back, seed)
    sided = [replace(e, side=HOLDOUT) if e.name in kept_back else e for e in sided]
    _refuse_empty(sided, split)
    return sided


def of_side(examples: Sequence[Example], side: str) -> list[Example]:
    """Those of one side."""
    return [example for example in examples if example.side == side]


def first_ones(examples: Sequence[Example], count: int, seed: int) -> list[Example]:
    """So many to learn from: what a person has looked at first, the others by chance.

    A larger count with the same seed holds all of a smaller one. Raises UsageError for too few.
    """
    if count > len(examples):
        raise UsageError(
            f"{count} photographs to learn from were asked for, and the split leaves "
            f"{len(examples)}"
        )
    ordered = sorted(examples, key=lambda e: (not e.is_reviewed, _chance(e.name, seed)))
    return ordered[:count]


def _is_patterns(split: str) -> bool:
    return any(letter.isalpha() or letter in "*?[" for letter in split)


def _by_patterns(examples: Sequence[Example], split: str) -> list[Example]:
    patterns = split.split("/")
    if len(patterns) not in (2, 3):
        raise UsageError(f"--split takes two or three patterns, TRAIN/VAL/TEST, not {split!a}")
    sided = []
    for example in examples:
        name = example.name.rpartition("/")[2]
        matching = (s for s, p in zip(SIDES, patterns, strict=False) if fnmatchcase(name, p))
        side = next(matching, None)
        if side is not None:
            sided.append(replace(example, side=side))
    return sided


def _by_shares(
    examples: Sequence[Example],
    groups: Sequence[int],
    shares: Shares,
    kept_back: frozenset[str],
    seed: int,
) -> list[Example]:
    rest = [(e.name, g) for e, g in zip(examples, groups, strict=True) if e.name not in kept_back]
    sides = split_groups([name for name, _ in rest], [group for _, group in rest], shares, seed)
    return [replace(example, side=sides.get(example.name, "")) for example in examples]


def _held_out(
    examples: Sequence[Example],
    sides: Sequence[str] | None,
    count: int,
    seed: int,
    groups: Sequence[int],
) -> frozenset[str]:
    """Names of whole groups, until there are so many; of these sides alone, None: of all."""
    members = defaultdict(list)
    for example, group in zip(examples, groups, strict=True):
        if sides is None or example.side in sides:
            members[group].append(example.name)
    taken: list[str] = []
    for names in sorted(members.values(), key=lambda names: _chance(min(names), seed + 1)):
        if len(taken) >= count:
            break
        taken += names
    if len(taken) < count:
        raise UsageError(f"--holdout {count} is more than the {len(taken)} photographs of the test")
    return frozenset(taken)


def _refuse_empty(examples: Sequence[Example], split: str) -> None:
    for side in (TRAIN, VAL):
        if not of_side(examples, side):
            raise UsageError(
                f"--split {split} leaves {side} empty: {len(examples)} photographs, near "
                "duplicates kept together, are too few for it"
            )


def _chance(name: str, seed: int) -> bytes:
    return hashlib.sha256(b"%d/%s" % (seed, os.fsencode(name))).digest()
