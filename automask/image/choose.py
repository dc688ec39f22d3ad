"""choose: the primary object, by evidence that has names.

Every proposal is scored by the weighted evidence of evidence.py, with weights fitted on photographs
whose object is known (scorer.py). Argmax of predicted IoU alone, the usual rule, prefers what is
easy to outline: a studio backdrop.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from automask.config import ChooseConfig
from automask.image.evidence import NAMES, evidence
from automask.image.metrics import mask_iou
from automask.image.ranking import (
    area_fraction,
    border_coverage,
    is_acceptable,
    logits_of,
    scorer_of,
)
from automask.image.scorer import Linear, logistic
from automask.records import Choice, Mask, Proposal, Scene

MAX_CONTENDERS = 3  # two agree with the full grid on 0.5 % fewer photographs


def choose(
    proposals: Sequence[Proposal],
    config: ChooseConfig,
    scene: Scene | None = None,
    weights: Linear | None = None,
    table: NDArray[np.float32] | None = None,
) -> Choice:
    """Picks the primary object among proposals of one image, all masks H x W, by any checkpoint.

    scene: what the photograph shows beside them; without it the evidence is of the masks alone.
    weights: of the evidence; None: those that the config asks for. table: the evidence itself, as
    evidence.py gives it; None: it is not known yet.
    Index None, with score and confidence 0, says that no proposal is acceptable: too small, nearly
    the whole frame, or with too little evidence. Raises ConfigError for weights that are none.
    """
    table = evidence(proposals, scene or Scene()) if table is None else table
    ranked = _ranked(proposals, config, logits_of(table, config, weights))
    best = next(ranked, None)
    if best is None or best.score < config.min_score:
        return Choice(None, 0.0, 0.0)
    runner_up = _first_other(proposals, best, ranked, config.same_object_iou)
    margin = np.inf if runner_up is None else best.logit - runner_up.logit
    choice = Choice(
        index=best.index,
        score=best.score,
        confidence=0.0,
        runner_up=runner_up.index if runner_up is not None else None,
        margin=min(float(margin), config.margin_cap),
        terms=dict(zip(NAMES, table[best.index].tolist(), strict=True)),
        flags=_flags(proposals[best.index], margin, config),
    )
    return with_second_look(choice, config, None)


def with_second_look(choice: Choice, config: ChooseConfig, seen_iou: float | None) -> Choice:
    """The choice, its confidence told the predicted IoU of a second look; None: there was none."""
    sure = scorer_of(config).sureness(confidence_evidence(choice, seen_iou))
    return replace(choice, confidence=sure)


def confidence_evidence(choice: Choice, seen_iou: float | None) -> dict[str, float]:
    """What confidence is made of, by the names in scorer.py; what is not known is left out."""
    known = {**choice.terms, "score": choice.score, "margin": choice.margin}
    return known if seen_iou is None else {**known, "second_look_iou": seen_iou}


def contenders(proposals: Sequence[Proposal], scene: Scene, config: ChooseConfig) -> list[Proposal]:
    """The proposal that `choose` would pick, and those close behind that show something else."""
    found: list[Proposal] = []
    best = None
    for scored in _ranked(proposals, config, logits_of(evidence(proposals, scene), config)):
        best = best or scored
        is_close = best.logit - scored.logit <= config.contender_margin
        if not is_close or len(found) == MAX_CONTENDERS:
            break
        proposal = proposals[scored.index]
        if all(mask_iou(proposal.mask, f.mask) < config.same_object_iou for f in found):
            found.append(proposal)
    return found


def is_clear(proposals: Sequence[Proposal], scene: Scene, config: ChooseConfig) -> bool:
    """Whether the object is beyond doubt, so that nothing more need be looked for."""
    choice = choose(proposals, config, scene)
    return "ambiguous" not in choice.flags and choice.confidence >= config.clear_confidence


def convinces(
    seen: Proposal,
    proposals: Sequence[Proposal],
    index: int,
    config: ChooseConfig,
    scene: Scene,
    weights: Linear | None = None,
) -> bool:
    """Whether what a second look saw of a proposal, by its index, has as much evidence for it."""
    if not is_acceptable(seen.mask, config):
        return False
    logits = logits_of(evidence([*proposals, seen], scene), config, weights)
    return bool(logits[-1] >= logits[index] - config.second_look_loss)


@dataclass(frozen=True)
class _Scored:
    index: int  # into the proposals
    logit: float  # log odds that it is the object

    @property
    def score(self) -> float:
        return float(logistic(np.float64(self.logit)))


def _ranked(
    proposals: Sequence[Proposal], config: ChooseConfig, logits: NDArray[np.float64]
) -> Iterator[_Scored]:
    """The acceptable proposals, the best first; looked at only as far as they are asked for."""
    for index in np.argsort(-logits, kind="stable").tolist():
        if is_acceptable(proposals[index].mask, config):
            yield _Scored(index, float(logits[index]))


def _first_other(
    proposals: Sequence[Proposal], best: _Scored, others: Iterable[_Scored], same_iou: float
) -> _Scored | None:
    """The first of the others that is not the best once more with a slightly other outline."""
    winner = proposals[best.index].mask
    different = (s for s in others if mask_iou(proposals[s.index].mask, winner) < same_iou)
    return next(different, None)


def flags_of(choice: Choice, mask: Mask, config: ChooseConfig) -> tuple[str, ...]:
    """What a person should know of the mask (H x W) that was made of a choice; none if empty."""
    if not mask.any():
        return ()
    raised = {
        "touches_border": border_coverage(mask) > 0,
        "tiny": area_fraction(mask) < config.tiny_area,
        "fills_frame": area_fraction(mask) > config.large_area,
    }
    return (*(name for name, is_raised in raised.items() if is_raised), *choice.flags)


def _flags(proposal: Proposal, margin: float, config: ChooseConfig) -> tuple[str, ...]:
    raised = {
        "ambiguous": margin < config.ambiguous_margin,
        "low_stability": proposal.stability_score < config.low_stability,
    }
    return tuple(name for name, is_raised in raised.items() if is_raised)
