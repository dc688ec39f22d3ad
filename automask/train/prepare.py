"""Everything that can be wrong with a training is found before its first step."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from automask.errors import ImageError, UsageError
from automask.runs.prepare import device_of
from automask.train.examples import (
    Example,
    check_classes,
    check_sizes,
    find_examples,
    read_target,
    size_of,
)
from automask.train.extra import require_training_packages
from automask.train.regions import Cells, Regions, Rows, parse_regions, refuse_wrong_shares
from automask.train.settings import TrainConfig
from automask.train.sides import HOLDOUT, TEST, TRAIN, VAL, first_ones, of_side, with_sides


@dataclass(frozen=True)
class Prepared:
    """A training that has passed every check and may start."""

    config: TrainConfig
    device: str
    learned: tuple[Example, ...]
    validated: tuple[Example, ...]
    tested: tuple[Example, ...]
    held_out: tuple[Example, ...]
    left_out: tuple[tuple[str, str], ...]  # name and reason
    regions: Regions | None

    def split(self) -> dict[str, list[str]]:
        """The names on each side."""
        sides = {TRAIN: self.learned, VAL: self.validated, TEST: self.tested}
        return {
            side: [example.name for example in examples]
            for side, examples in {**sides, HOLDOUT: self.held_out}.items()
        }

    def digest(self) -> str:
        """Of the settings, the split, and which labels there are, 16 hex digits."""
        values: list[Any] = [self.config.identity(), self.split()]
        for example in (*self.learned, *self.validated):
            info = example.label.stat()
            values.append((example.name, info.st_size, info.st_mtime_ns, example.weight))
        return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()[:16]


def prepare_training(config: TrainConfig) -> Prepared:
    """Finds and splits the photographs; writes nothing.

    Raises UsageError, ConfigError, DeviceError or InstallationError for the first thing amiss.
    """
    require_training_packages()
    device = device_of(config.device)
    wants_objects = config.net.labels == "objects"
    examples = find_examples(
        config.source,
        config.images,
        config.truth,
        config.values,
        config.min_confidence,
        wants_objects,
    )
    sided = with_sides(examples.found, config.split, config.holdout, config.seed)
    learned = of_side(sided, TRAIN)
    if config.limit is not None:
        learned = first_ones(learned, config.limit, config.seed)
    check_sizes(example for example in sided if example.side)
    check_classes(_target(example) for example in learned)
    return Prepared(
        config=config,
        device=device,
        learned=tuple(learned),
        validated=tuple(of_side(sided, VAL)),
        tested=tuple(of_side(sided, TEST)),
        held_out=tuple(of_side(sided, HOLDOUT)),
        left_out=examples.left_out,
        regions=_regions(config, learned),
    )


def _target(example: Example) -> NDArray[np.uint8]:
    try:
        return read_target(example)
    except ImageError as error:
        raise UsageError(f"{example.label} cannot be learned from: {error}") from error


def _regions(config: TrainConfig, learned: Sequence[Example]) -> Regions | None:
    if config.regions is None:
        return None
    heights = {example.name: size_of(example)[0] for example in learned}
    regions = parse_regions(config.regions, heights)
    count = 2 if isinstance(regions, Rows) else regions.columns * regions.rows
    refuse_wrong_shares(config.region_shares, count)
    assert isinstance(regions, (Rows, Cells))
    return regions
