"""Prompts of a file, answered as SAM's authors advise, for any checkpoint."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from automask.records import ObjectPrompt, Proposal
from automask.sam.interactive import Answer, Embedding, Interactive, Question


def answers(
    predictor: Any, image_rgb: NDArray[np.uint8], prompts: Sequence[ObjectPrompt], iterations: int
) -> Iterator[Proposal]:
    """A mask for each prompt, in fractions of the image (H x W x 3 uint8 RGB), by a generator's
    predictor.

    A single point leaves in doubt what is meant, the part or the whole: three masks are asked for
    and the one with the highest predicted IoU is taken; several points or a box get the single
    mask (Kirillov et al., "Segment Anything", 2023). iterations: passes of each prompt, from the
    second on with the previous mask.
    """
    tool = Interactive(predictor.model, predictor)
    embedding = tool.embed(image_rgb)
    for prompt in prompts:
        yield _answer(tool, embedding, prompt, iterations)


def _answer(
    tool: Interactive, embedding: Embedding, prompt: ObjectPrompt, iterations: int
) -> Proposal:
    points = [(x, y) for x, y, _ in prompt.points]
    labels = [is_on for _, _, is_on in prompt.points]
    is_ambiguous = len(points) == 1 and prompt.box_xyxy is None
    first = Question(points, labels, prompt.box_xyxy, is_ambiguous=is_ambiguous)
    best = _best(tool.ask(embedding, first))
    for _ in range(iterations - 1):
        again = Question(points, labels, prompt.box_xyxy, previous=best.low)
        best = _best(tool.ask(embedding, again))
    return Proposal(best.logits[0] > 0, float(best.predicted_iou[0]), 1.0)


def _best(answer: Answer) -> Answer:
    """The one with the highest predicted IoU."""
    at = int(answer.predicted_iou.argmax())
    chosen = slice(at, at + 1)
    return Answer(answer.logits[chosen], answer.predicted_iou[chosen], answer.low[chosen])
