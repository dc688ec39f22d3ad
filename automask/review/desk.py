"""The desk that a person works at: one queue of one output folder, and everything asked of it.

Knows nothing of HTTP; takes what wire.py has checked, and gives what JSON can hold.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from statistics import median
from typing import Any, Protocol

import numpy as np

from automask.errors import AutomaskError
from automask.image.objects import Labels
from automask.image.render import Rendering
from automask.image.trimap import make_trimap
from automask.image.write import encode_png
from automask.output.decisions import NO_OBJECT, REJECTED, UNSURE, Decision, DecisionLog
from automask.records import OK, Mask, MaskResult
from automask.review.clicks import Clicks, Suggestion
from automask.review.edits import edited
from automask.review.leases import Leases
from automask.review.photographs import (
    KEPT_PHOTOGRAPHS,
    Photograph,
    Recent,
    enlarged,
    jpeg,
    labels_at,
    load_photograph,
    outlined,
)
from automask.review.runs import from_runs, to_runs
from automask.review.saving import save
from automask.review.source import Source, separate, together
from automask.review.telling import (
    has_text,
    is_in,
    kept_prompt,
    kept_stroke,
    told_entry,
    told_suggestion,
)
from automask.review.wire import (
    AskSent,
    DecideSent,
    EditSent,
    PreviewSent,
)
from automask.review.worklist import Item, Worklist, estimate, next_open
from automask.show.console import visible

TILE_PX = 320
KEPT_TILES = 400


class Helper(Protocol):
    """What the desk asks of a model; see assistant.py."""

    def ask(self, item: str, clicks: Clicks) -> list[Suggestion]: ...
    def proposals(self, item: str) -> list[Suggestion]: ...
    def look_ahead(self, items: Sequence[str]) -> None: ...
    def is_ready(self, item: str) -> bool: ...
    def close(self) -> None: ...


class UnknownError(AutomaskError):
    """An id that is none of the queue's."""


class ConflictError(AutomaskError):
    """Somebody else has the image in hand, or has decided about it meanwhile."""


class Desk:
    """Any thread may ask anything. helper: None where no model is at hand: hands alone."""

    def __init__(
        self, source: Source, worklist: Worklist, reviewer: str, helper: Helper | None = None
    ) -> None:
        self.source, self.worklist, self.reviewer = source, worklist, reviewer
        self.helper = helper
        self.leases = Leases(source.output)
        self._log, self._reading, self._saving = (
            DecisionLog(source.output), threading.Lock(), threading.Lock(),
        )  # fmt: skip
        self.photographs: Recent[Photograph] = Recent(self._load, KEPT_PHOTOGRAPHS)
        self._tiles: Recent[bytes] = Recent(self._draw_tile, KEPT_TILES)

    # What there is

    def session(self) -> dict[str, Any]:
        """What the page wants to know once."""
        return {
            "output": visible(self.source.output.name),
            "queue": self.worklist.queue,
            "reviewer": self.reviewer,
            "kinds": list(self.source.config.kinds),
            "has_model": self.helper is not None,
            "keeps_objects": not self.source.config.has_primary_object,
            "contour_px": self.source.config.trimap.contour_px,
        }

    def entries(self, start: int, count: int, state: str, text: str) -> dict[str, Any]:
        """A part of the queue for the contact sheet. state: all, open or done."""
        decisions, held = self.decisions(), self.leases.held()
        chosen = [
            item
            for item in self.worklist.items
            if is_in(state, decisions.get(item.record.image)) and has_text(item, text)
        ]
        shown = chosen[start : start + count]
        return {
            "total": len(chosen),
            "items": [
                told_entry(item, decisions.get(item.record.image), held.get(item.id))
                for item in shown
            ],
        }

    def progress(self) -> dict[str, Any]:
        """How far it is."""
        decisions = self.decisions()
        mine = [
            decisions[item.record.image]
            for item in self.worklist.items
            if item.record.image in decisions
        ]
        settled = [decision for decision in mine if decision.is_settled]
        found = estimate(self.worklist, decisions)
        return {
            "total": len(self.worklist.items),
            "left": len(self.worklist.items) - len(settled),
            "verdicts": dict(Counter(decision.verdict for decision in mine)),
            "seconds_each": median(d.seconds for d in settled) if settled else None,
            "estimate": None if found is None else asdict(found),
        }

    def decisions(self) -> dict[str, Decision]:
        with self._reading:
            return dict(self._log.newest())

    def item(self, name: str) -> Item:
        """Raises UnknownError."""
        try:
            return self.worklist.by_id[name]
        except KeyError:
            raise UnknownError("there is no such image in this queue") from None

    def next_id(self, after: str | None, client: str = "") -> str | None:
        """The image to look at now, in nobody else's hands; None: there is none."""
        if after is not None:
            self.item(after)
        taken = {name for name, held in self.leases.held().items() if held.client != client}
        found = next_open(self.worklist, self.decisions(), after, taken)
        return None if found is None else found.id

    # One image

    def details(self, name: str) -> dict[str, Any]:
        """An image with its objects, as it is now and as the machine had made it."""
        item = self.item(name)
        record, decision = item.record, self.decisions().get(item.record.image)
        photograph = self.photographs(name)
        self._look_ahead(name)
        now = self._shown(self.source.labels(record), photograph)
        machines = self._shown(self.source.labels(record, is_machines=True), photograph)
        return {
            **told_entry(item, decision, self.leases.holder(name)),
            "width": photograph.size[1],
            "height": photograph.size[0],
            "full": [photograph.full[1], photograph.full[0]],
            "error": None if record.error is None else visible(record.error),
            "objects": [to_runs(mask) for mask in now],
            "machine": [to_runs(mask) for mask in machines] if machines else None,
            "place": self.worklist.place[name],
        }

    def picture(self, name: str) -> bytes:
        """The photograph as a JPEG."""
        self.item(name)
        return jpeg(self.photographs(name).pixels)

    def tile(self, name: str) -> bytes:
        """A small JPEG with the outline of the mask."""
        self.item(name)
        return self._tiles(name)

    def is_ready(self, name: str) -> bool:
        """Whether the model answers at once."""
        self.item(name)
        return self.helper is not None and self.helper.is_ready(name)

    def ask(self, name: str, sent: AskSent) -> list[dict[str, Any]]:
        """What the model makes of clicks. Raises ConflictError where there is no model."""
        self.item(name)
        clicks = self._clicks(name, sent)
        return [told_suggestion(one) for one in self._model().ask(name, clicks)]

    def proposals(self, name: str) -> list[dict[str, Any]]:
        """What else the model finds in the photograph, the likeliest object first."""
        self.item(name)
        return [told_suggestion(one) for one in self._model().proposals(name)]

    def edit(self, name: str, sent: EditSent) -> list[int]:
        """A mask after an edit with one key. Raises ValueError."""
        self.item(name)
        mask = from_runs(sent.mask, self.photographs(name).size)
        return to_runs(edited(mask, sent.tool, sent.amount))

    def preview(self, name: str, sent: PreviewSent) -> bytes:
        """A PNG of a result as these objects would give it, at the size that is shown."""
        self.item(name)
        photograph = self.photographs(name)
        labels = together((from_runs(r, photograph.size) for r in sent.objects), photograph.size)
        config = self.source.config
        mask = labels > 0
        trimap = make_trimap(mask, config.trimap.contour_px, (255, 0, 128))
        result = MaskResult(mask, trimap, OK, 1.0, 1.0, (), {})
        return encode_png(Rendering(photograph.pixels, result, config).pixels(sent.kind))

    def lease(self, name: str, client: str, reviewer: str) -> dict[str, Any]:
        """Takes an image in hand, or says who has it."""
        self.item(name)
        held = self.leases.take(name, client, reviewer or self.reviewer)
        return {"is_mine": held.client == client, "holder": visible(held.reviewer)}

    def release(self, name: str, client: str) -> None:
        """Gives an image back to the queue."""
        self.item(name)
        self.leases.give_back(name, client)

    def decide(self, name: str, sent: DecideSent) -> dict[str, Any]:
        """Saves a decision; when this returns it is on the disk. The same token counts once.

        Raises ConflictError where somebody else came first, ValueError for a mask of another size.
        """
        item = self.item(name)
        with self._saving:
            before = self.decisions().get(item.record.image)
            if before is not None and before.token == sent.token:
                return told_entry(item, before, None)
            self._refuse_conflict(name, sent, before)
            labels = self._labels(name, sent)
            saved = save(self.source, item.record, self._decision(item, sent), labels, before)
        self._tiles.forget(name)
        self.leases.give_back(name, sent.client)
        return told_entry(item, saved.decision, None)

    # Inside

    def _load(self, name: str) -> Photograph:
        return load_photograph(self.source, self.item(name).record)

    def _draw_tile(self, name: str) -> bytes:
        photograph = self._load(name)
        labels = self.source.labels(self.item(name).record)
        shown = None if labels is None else labels_at(labels, photograph.size)
        mask = np.zeros(photograph.size, np.bool_) if shown is None else shown > 0
        return jpeg(outlined(photograph.pixels, mask, TILE_PX))

    def _shown(self, labels: Labels | None, photograph: Photograph) -> list[Mask]:
        if labels is None or labels.shape != photograph.full:
            return []
        return separate(labels_at(labels, photograph.size), photograph.size)

    def _look_ahead(self, name: str) -> None:
        if self.helper is None:
            return
        place, decisions = self.worklist.place[name], self.decisions()
        coming = [
            item.id
            for item in self.worklist.items[place:]
            if item.id == name or item.record.image not in decisions
        ]
        self.helper.look_ahead(coming)

    def _model(self) -> Helper:
        if self.helper is None:
            raise ConflictError("no model is at hand: brush, eraser and the edits work without one")
        return self.helper

    def _clicks(self, name: str, sent: AskSent) -> Clicks:
        box, size = sent.box, self.photographs(name).size
        return Clicks(
            points=[(point.x, point.y, point.on) for point in sent.points],
            box_xyxy=None if box is None else (box.x0, box.y0, box.x1, box.y1),
            current=None if sent.current is None else from_runs(sent.current, size),
            previous=sent.previous,
            fresh=sent.fresh,
        )

    def _refuse_conflict(self, name: str, sent: DecideSent, before: Decision | None) -> None:
        holder = self.leases.holder(name)
        if holder is not None and holder.client != sent.client:
            raise ConflictError(f"{holder.reviewer or 'somebody'} has this image in hand")
        if before is not None and before.decided_at != sent.seen:
            raise ConflictError(
                f"{before.reviewer or 'somebody'} has decided about this image meanwhile "
                f"({before.verdict}): look at it again"
            )

    def _labels(self, name: str, sent: DecideSent) -> Labels | None:
        """The objects that a decision leaves, at the photograph's own size; None: as they are."""
        record = self.item(name).record
        if sent.verdict in (REJECTED, UNSURE):
            return None
        photograph = self.photographs(name)
        if sent.verdict == NO_OBJECT:
            return np.zeros(photograph.full, np.uint16)
        if sent.objects is None:
            return None
        after = together((from_runs(r, photograph.size) for r in sent.objects), photograph.size)
        if self.source.config.has_primary_object:
            after = (after > 0).astype(np.uint16)
        full = self.source.labels(record)
        if full is None or full.shape != photograph.full:
            return labels_at(after, photograph.full)
        return enlarged(labels_at(full, photograph.size), after, full, photograph.full)

    def _decision(self, item: Item, sent: DecideSent) -> Decision:
        scale = self._scale(item.id) if sent.prompts or sent.strokes else 1.0
        return Decision(
            item.record.image,
            sent.verdict,
            reviewer=sent.reviewer or self.reviewer,
            prompts=tuple(kept_prompt(prompt, scale) for prompt in sent.prompts),
            strokes=tuple(kept_stroke(stroke, scale) for stroke in sent.strokes),
            seconds=round(sent.seconds, 1),
            queue=self.worklist.queue,
            source="review",
            token=sent.token,
        )

    def _scale(self, name: str) -> float:
        """Pixels of the photograph in one that is shown."""
        photograph = self.photographs(name)
        return photograph.full[1] / photograph.size[1]
