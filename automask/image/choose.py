"""choose: the primary object, by evidence that has names.

Every proposal is scored by the weighted evidence of evidence.py, with weights fitted on photographs
whose object is known (scorer.py). Argmax of predicted IoU alone, the usual rule, prefers what is
easy to outline: a studio backdrop.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from automask.config import ChooseConfig
from automask.image.evidence import NAMES, evidence
from automask.image.scorer import Linear, Scorer, logistic, scorer
from automask.metrics import mask_iou
from automask.records import Choice, Mask, Proposal, Scene

MAX_CONTENDERS = 3  # two agree with the full grid on 0.5 % fewer photographs


def area_fraction(mask: Mask) -> float:
    """Share of the image that the mask (H x W) covers, 0..1."""
    return float(np.count_nonzero(mask)) / mask.size


def border_coverage(mask: Mask) -> float:
    """Share of the image's border pixels that the mask (H x W) covers, 0..1; a backdrop nears 1."""
    edges = (mask[0], mask[-1], mask[1:-1, 0], mask[1:-1, -1])
    return float(np.concatenate(edges).mean())


def choose(
    proposals: Sequence[Proposal],
    config: ChooseConfig,
    scene: Scene | None = None,
    weights: Linear | None = None,
) -> Choice:
    """Picks the primary object among proposals of one image, all masks H x W, by any checkpoint.

    scene: what the photograph shows beside them; without it the evidence is of the masks alone.
    weights: of the evidence; None: those that the config asks for.
    Index None, with score and confidence 0, says that no proposal is acceptable: too small, nearly
    the whole frame, or with too little evidence. Raises ConfigError for weights that are none.
    """
    ranked = _ranked(proposals, config, scene or Scene(), weights)
    if not ranked or ranked[0].score < config.min_score:
        return Choice(None, 0.0, 0.0)
    best, runner_up = ranked[0], _first_other(proposals, ranked, config.same_object_iou)
    margin = np.inf if runner_up is None else best.logit - runner_up.logit
    choice = Choice(
        index=best.index,
        score=best.score,
        confidence=0.0,
        runner_up=runner_up.index if runner_up is not None else None,
        margin=min(float(margin), config.margin_cap),
        terms=best.terms,
        flags=_flags(proposals[best.index], margin, config),
    )
    return with_second_look(choice, config, None)


def with_second_look(choice: Choice, config: ChooseConfig, seen_iou: float | None) -> Choice:
    """The choice, its confidence told the predicted IoU of a second look; None: there was none."""
    sure = _scorer(config).sureness(confidence_evidence(choice, seen_iou))
    return replace(choice, confidence=sure)


def confidence_evidence(choice: Choice, seen_iou: float | None) -> dict[str, float]:
    """What confidence is made of, by the names in scorer.py; what is not known is left out."""
    known = {**choice.terms, "score": choice.score, "margin": choice.margin}
    return known if seen_iou is None else {**known, "second_look_iou": seen_iou}


def contenders(proposals: Sequence[Proposal], scene: Scene, config: ChooseConfig) -> list[Proposal]:
    """The proposal that `choose` would pick, and those close behind that show something else."""
    ranked = _ranked(proposals, config, scene)
    found: list[Proposal] = []
    for scored in ranked:
        is_close = ranked[0].logit - scored.logit <= config.contender_margin
        if not is_close or len(found) == MAX_CONTENDERS:
            break
        proposal = proposals[scored.index]
        if all(mask_iou(proposal.mask, f.mask) < config.same_object_iou for f in found):
            found.append(proposal)
    return found


def convinces(
    seen: Proposal, proposals: Sequence[Proposal], index: int, config: ChooseConfig, scene: Scene
) -> bool:
    """Whether what a second look saw of a proposal, by its index, has as much evidence for it."""
    if not _is_acceptable(seen.mask, config):
        return False
    logits = _scorer(config).choice.logit(NAMES, evidence([*proposals, seen], scene))
    return bool(logits[-1] >= logits[index] - config.second_look_loss)


@dataclass(frozen=True)
class _Scored:
    index: int  # into the proposals
    logit: float  # log odds that it is the object
    terms: Mapping[str, float]  # its evidence

    @property
    def score(self) -> float:
        return float(logistic(np.float64(self.logit)))


def _ranked(
    proposals: Sequence[Proposal],
    config: ChooseConfig,
    scene: Scene,
    weights: Linear | None = None,
) -> list[_Scored]:
    """The acceptable proposals, the best first."""
    table = evidence(proposals, scene)
    logits = (weights or _scorer(config).choice).logit(NAMES, table)
    scored = [
        _Scored(i, float(logits[i]), dict(zip(NAMES, table[i].tolist(), strict=True)))
        for i, proposal in enumerate(proposals)
        if _is_acceptable(proposal.mask, config)
    ]
    return sorted(scored, key=lambda s: (-s.logit, s.index))


def _scorer(config: ChooseConfig) -> Scorer:
    return scorer(config.fitted, tuple(sorted(config.weights.items())))


def _is_acceptable(mask: Mask, config: ChooseConfig) -> bool:
    if not mask.any() or not config.min_area <= area_fraction(mask) <= config.max_area:
        return False
    return border_coverage(mask) <= config.max_border_coverage


def _first_other(
    proposals: Sequence[Proposal], ranked: Sequence[_Scored], same_iou: float
) -> _Scored | None:
    """The best-ranked proposal that is not the winner once more with a slightly other outline."""
    winner = proposals[ranked[0].index].mask
    others = (s for s in ranked[1:] if mask_iou(proposals[s.index].mask, winner) < same_iou)
    return next(others, None)


def _flags(proposal: Proposal, margin: float, config: ChooseConfig) -> tuple[str, ...]:
    mask = proposal.mask
    raised = {
        "touches_border": border_coverage(mask) > 0,
        "tiny": area_fraction(mask) < config.tiny_area,
        "fills_frame": area_fraction(mask) > config.large_area,
        "ambiguous": margin < config.ambiguous_margin,
        "low_stability": proposal.stability_score < config.low_stability,
    }
    return tuple(name for name, is_raised in raised.items() if is_raised)
