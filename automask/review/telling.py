"""What the desk tells the page and keeps in the store: JSON from the types of the package."""

from __future__ import annotations

from typing import Any

from automask.output.decisions import Decision
from automask.review.clicks import Suggestion
from automask.review.leases import Lease
from automask.review.runs import to_runs
from automask.review.wire import PromptSent, StrokeSent
from automask.review.worklist import Item
from automask.show.console import visible


def is_in(state: str, decision: Decision | None) -> bool:
    is_settled = decision is not None and decision.is_settled
    return state == "all" or is_settled == (state == "done")


def has_text(item: Item, text: str) -> bool:
    return text.casefold() in visible(item.record.image).casefold()


def told_entry(item: Item, decision: Decision | None, held: Lease | None) -> dict[str, Any]:
    """What a list shows of an image."""
    record = item.record
    return {
        "id": item.id,
        "name": visible(record.image),
        "status": record.status,
        "confidence": record.confidence,
        "flags": list(record.flags),
        "verdict": None if decision is None else decision.verdict,
        "reviewer": None if decision is None else visible(decision.reviewer),
        "decided_at": "" if decision is None else decision.decided_at,
        "holder": None if held is None else {"client": held.client, "name": visible(held.reviewer)},
    }


def told_suggestion(one: Suggestion) -> dict[str, Any]:
    """What the page draws, and sends back when it is taken."""
    return {"runs": to_runs(one.mask), "iou": round(one.predicted_iou, 3), "key": one.key}


def kept_prompt(sent: PromptSent, scale: float) -> dict[str, Any]:
    """In px of the photograph."""
    box = sent.box
    return {
        "points": [[_px(p.x, scale), _px(p.y, scale), int(p.on)] for p in sent.points],
        "box": None if box is None else [_px(v, scale) for v in (box.x0, box.y0, box.x1, box.y1)],
    }


def kept_stroke(sent: StrokeSent, scale: float) -> dict[str, Any]:
    """In px of the photograph; an edit's percent stay percent."""
    amount = sent.amount if sent.tool == "drop_specks" else _px(sent.amount, scale)
    points = [[_px(x, scale), _px(y, scale)] for x, y in sent.points]
    return {"tool": sent.tool, "amount": amount, "points": points}


def _px(value: float, scale: float) -> float:
    return round(value * scale, 1)
