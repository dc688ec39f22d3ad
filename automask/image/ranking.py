"""How much evidence speaks for each proposal, and which can be the object at all.

What merging and choosing have in common: neither imports the other.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from automask.config import ChooseConfig
from automask.image.evidence import NAMES
from automask.image.scorer import Linear, Scorer, scorer
from automask.records import Mask


def area_fraction(mask: Mask) -> float:
    """Share of the image that the mask (H x W) covers, 0..1."""
    return float(np.count_nonzero(mask)) / mask.size


def border_coverage(mask: Mask) -> float:
    """Share of the image's border pixels that the mask (H x W) covers, 0..1; a backdrop nears 1."""
    edges = (mask[0], mask[-1], mask[1:-1, 0], mask[1:-1, -1])
    return float(np.concatenate(edges).mean())


def logits_of(
    table: NDArray[np.float32], config: ChooseConfig, weights: Linear | None = None
) -> NDArray[np.float64]:
    """Log odds of being the object, K, from the evidence of K proposals, K x len(NAMES)."""
    return (weights or scorer_of(config).choice).logit(NAMES, table)


def is_acceptable(mask: Mask, config: ChooseConfig) -> bool:
    """Whether a mask (H x W) can be the object at all: no speck, not the frame, no backdrop."""
    if not mask.any() or not config.min_area <= area_fraction(mask) <= config.max_area:
        return False
    return border_coverage(mask) <= config.max_border_coverage


def scorer_of(config: ChooseConfig) -> Scorer:
    """The fitted weights that the settings name."""
    return scorer(config.fitted, tuple(sorted(config.weights.items())))
