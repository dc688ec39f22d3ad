"""The model that helps: clicks and boxes become masks, photographs are encoded before they come."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any
from uuid import uuid4

import numpy as np
from numpy.typing import NDArray

from automask.config import RunConfig
from automask.errors import ImageError
from automask.image.closeup import close_up
from automask.image.evidence import evidence
from automask.image.ranking import logits_of
from automask.image.refine import refine
from automask.image.sizes import shrink
from automask.records import Mask, Proposal, Proposer
from automask.review.clicks import Clicks, Suggestion, fits, readings
from automask.review.photographs import Photograph, Recent
from automask.sam.interactive import Answer, Embedding, Interactive, Logits, Question

KEPT_EMBEDDINGS = 16  # 0.5 MB each of tiny, 4 of SAM, 13 of SAM 2
KEPT_PROPOSALS = 4  # photographs, of 20 MB at most
MOST_PROPOSALS = 9  # picked by a number key
KEPT_ANSWERS = 64  # logits to be fed back, 0.3 MB each of SAM
AHEAD = 4  # photographs encoded before they are shown
CLOSE_SECONDS = 30.0  # for the photograph at hand; SAM's largest takes ten on two cores
QUIET_SECONDS = 0.4  # without a question, before the next photograph is encoded


class Assistant:
    """One model for one queue; any thread may ask.

    proposer: that of a run with the model. photograph: gives the photograph of an id, and raises
    ImageError where it cannot. is_fresh_too: of a model that never learnt to mend its own masks by
    clicks, as tiny: each question is asked without the mask before as well, the mean of both is
    taken, and what a run would choose among is searched for what fits the clicks (what that brings:
    docs/review.md).
    """

    def __init__(
        self,
        model: Any,
        proposer: Proposer,
        photograph: Callable[[str], Photograph],
        config: RunConfig,
        is_fresh_too: bool = False,
    ) -> None:
        self._is_fresh_too = is_fresh_too
        self._photograph, self._proposer, self._config = photograph, proposer, config
        # Two predictors of one model, so that a question need not wait for an encoding.
        self._encoder, self._decoder = Interactive(model), Interactive(model)
        self._encoding, self._decoding = threading.Lock(), threading.Lock()
        self._embeddings: Recent[Embedding] = Recent(self._embed, KEPT_EMBEDDINGS)
        self._found: Recent[list[Proposal]] = Recent(self._propose, KEPT_PROPOSALS)
        self._answers: dict[str, Logits] = {}
        self._asked_at = 0.0
        self._ahead: queue.SimpleQueue[str | None] = queue.SimpleQueue()  # None: the end
        self._is_closed = False
        self._worker = threading.Thread(target=self._work_ahead, daemon=True)
        self._worker.start()

    def ask(self, item: str, clicks: Clicks) -> list[Suggestion]:
        """What the model makes of some clicks, the likeliest first."""
        self._asked_at = time.monotonic()
        embedding, photograph = self._embeddings(item), self._photograph(item)
        question = self._question(photograph, clicks)
        with self._decoding:
            answers = self._asked(embedding, question)
        drawn = [self._drawn(one, photograph.pixels) for one, _ in answers]
        proposed = self._proposed(item, clicks, photograph)
        keys = [self._keep(low) for _, low in answers]
        return [
            Suggestion(
                mask,
                answers[number or 0][0].predicted_iou,
                uuid4().hex if number is None else keys[number],
            )
            for mask, number in readings(clicks, drawn, proposed)
        ]

    def proposals(self, item: str) -> list[Suggestion]:
        """What a run would choose among, the likeliest object first, each of them once."""
        photograph = self._photograph(item)
        found = [one for one in self._found(item) if one.mask.any()]
        return [
            Suggestion(self._drawn(one, photograph.pixels), one.predicted_iou, uuid4().hex)
            for one in found[:MOST_PROPOSALS]
        ]

    def _proposed(self, item: str, clicks: Clicks, photograph: Photograph) -> Mask | None:
        """The likeliest of all proposals that fits the clicks, for a model that cannot mend.

        After a single click only where they are known already: they cost more than an answer.
        """
        is_wanted = self._is_fresh_too and clicks.has_mask and clicks.points
        if not is_wanted or (len(clicks.points) < 2 and item not in self._found):
            return None
        fitting = (one for one in self._found(item) if fits(one.mask, clicks, photograph.size))
        best = next(fitting, None)
        return None if best is None else self._drawn(best, photograph.pixels)

    def _propose(self, item: str) -> list[Proposal]:
        """What a run chooses among, by falling evidence."""
        pixels = self._photograph(item).pixels
        with self._encoding:
            found = self._proposer.propose(shrink(pixels, self._proposer.max_side))
        logits = logits_of(evidence(found.proposals, found.scene), self._config.choose)
        return [found.proposals[i] for i in np.argsort(-logits, kind="stable").tolist()]

    def look_ahead(self, items: Sequence[str]) -> None:
        """Encodes photographs, one after the other, while nobody asks anything."""
        for item in items[:AHEAD]:
            if item not in self._embeddings:
                self._ahead.put(item)

    def close(self) -> None:
        """Ends the work ahead: a thread inside torch would spoil the end of the process."""
        self._is_closed = True
        self._ahead.put(None)
        self._worker.join(CLOSE_SECONDS)

    def is_ready(self, item: str) -> bool:
        """Whether a photograph is encoded, so that a question is answered at once."""
        return item in self._embeddings

    def _embed(self, item: str) -> Embedding:
        photograph = self._photograph(item)
        with self._encoding:
            return self._encoder.embed(shrink(photograph.pixels, self._proposer.max_side))

    def _work_ahead(self) -> None:
        while (item := self._ahead.get()) is not None and not self._is_closed:
            while time.monotonic() - self._asked_at < QUIET_SECONDS:
                time.sleep(QUIET_SECONDS / 4)
            with suppress(ImageError):  # the page says so when it comes to it
                self._embeddings(item)

    def _question(self, photograph: Photograph, clicks: Clicks) -> Question:
        height, width = photograph.size
        box = clicks.box_xyxy
        previous = self._previous(clicks)
        return Question(
            points=[(x / width, y / height) for x, y, _ in clicks.points],
            labels=[is_on for _, _, is_on in clicks.points],
            box_xyxy=None if box is None else _relative(box, width, height),
            previous=previous,
            is_ambiguous=len(clicks.points) == 1 and box is None and previous is None,
        )

    def _previous(self, clicks: Clicks) -> Logits | None:
        """The model's own logits of the mask in hand where they are known, else made of it."""
        known = None if self._is_fresh_too else self._answers.get(clicks.previous or "")
        if known is not None or clicks.current is None or not clicks.has_mask:
            return known
        return self._decoder.as_previous(clicks.current)

    def _asked(self, embedding: Embedding, question: Question) -> list[tuple[Proposal, Logits]]:
        """The model's masks, the likeliest first, each with the logits to be fed back."""
        answer = self._decoder.ask(embedding, question)
        if question.previous is not None and self._is_fresh_too:
            fresh = self._decoder.ask(embedding, replace(question, previous=None))
            answer = _mean(answer, fresh)
        order = np.argsort(-answer.predicted_iou, kind="stable").tolist()
        return [
            (Proposal(answer.logits[i] > 0, float(answer.predicted_iou[i]), 0.0), answer.low[i])
            for i in order
        ]

    def _keep(self, low: Logits) -> str:
        key = uuid4().hex
        self._answers[key] = low[None]
        while len(self._answers) > KEPT_ANSWERS:
            self._answers.pop(next(iter(self._answers)), None)
        return key

    def _drawn(self, proposal: Proposal, pixels: NDArray[np.uint8]) -> Mask:
        """A proposal at the size of the pixels (h x w x 3), its outline drawn to their edges."""
        closeup = close_up(pixels, proposal) if proposal.mask.any() else None
        return refine(closeup, pixels, self._proposer, self._config.refine)


def _mean(one: Answer, other: Answer) -> Answer:
    pairs = ((one.logits, other.logits), (one.predicted_iou, other.predicted_iou))
    logits, scores = (((a + b) / 2).astype(np.float32) for a, b in pairs)
    return Answer(logits, scores, ((one.low + other.low) / 2).astype(np.float32))


def _relative(
    box: tuple[float, float, float, float], width: int, height: int
) -> tuple[float, float, float, float]:
    left, top, right, bottom = box
    return left / width, top / height, right / width, bottom / height
