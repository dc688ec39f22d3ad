"""What people decided about masks, beside what the machine recorded of them.

`OUTPUT/decisions/decisions.jsonl` has a line for each decision. It is only ever appended to: no
run, merge or tidy rewrites it, and of an image's lines the last one counts.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, Final

from automask.image.names import ByName
from automask.output.lock import guarded

DECISIONS: Final = "decisions"  # the folder, in the output folder
MACHINE: Final = "machine"  # the folder of the masks as the machine had made them
FILE_NAME = "decisions.jsonl"

ACCEPTED: Final = "accepted"  # the machine's mask is good as it is
CORRECTED: Final = "corrected"  # a person drew the mask, or had it drawn
REJECTED: Final = "rejected"  # neither the mask nor the photograph is to be used
NO_OBJECT: Final = "no_object"  # a person says that there is no object
UNSURE: Final = "unsure"  # looked at and put back
VERDICTS = (ACCEPTED, CORRECTED, REJECTED, NO_OBJECT, UNSURE)


@dataclass(frozen=True)
class Decision:
    """What one person decided about one image, once. What is not known has its default."""

    image: str  # path relative to the input folder, as in the records
    verdict: str  # one of VERDICTS
    reviewer: str = ""
    # What the model was asked, in order: {"points": [[x, y, label], ...], "box": [x0, y0, x1, y1]},
    # px of the photograph, label 1 for the object and 0 for what is not; box xyxy.
    prompts: tuple[Mapping[str, Any], ...] = ()
    # What was drawn by hand, in order: {"tool": ..., "amount": ..., "points": [[x, y], ...]}; px,
    # the amount a radius of the tool, or what an edit takes.
    strokes: tuple[Mapping[str, Any], ...] = ()
    seconds: float = 0.0  # that the person spent on it
    # SHA-256 of each file that the decision left, by its path relative to the output folder.
    files: Mapping[str, str] = field(default_factory=dict)
    queue: str = ""  # in which queue it was shown, such as "confidence" or "sample:50"
    source: str = ""  # which command wrote it: review, accept, reject
    token: str = ""  # the client's own name for this decision: sent twice, it is written once
    decided_at: str = ""  # ISO 8601, UTC; `append_decision` sets it where it is empty

    @property
    def is_settled(self) -> bool:
        """Whether no person needs to look again."""
        return self.verdict != UNSURE

    @property
    def is_usable(self) -> bool:
        """Whether a person stands for the image's mask, be it empty: to be learnt from."""
        return self.verdict in (ACCEPTED, CORRECTED, NO_OBJECT)


def decisions_file(output: Path) -> Path:
    """Where the decisions of an output folder are kept."""
    return output / DECISIONS / FILE_NAME


def append_decision(output: Path, decision: Decision) -> Decision:
    """Writes one decision to the end of the store, on the disk when this returns.

    Two processes may do so at the same time. Returns the decision with its time. Raises ValueError
    for a verdict that is none, OSError where it cannot be written; no torn line stays.
    """
    return append_decisions(output, [decision])[0]


def append_decisions(output: Path, decisions: Iterable[Decision]) -> list[Decision]:
    """Writes several decisions at once, all or none of them; otherwise as `append_decision`."""
    stamped = [_stamped(decision) for decision in decisions]
    if stamped:
        lines = b"".join(_to_line(decision) for decision in stamped)
        with guarded(output):
            _append(decisions_file(output), lines)
    return stamped


def read_history(output: Path) -> Iterator[Decision]:
    """Every decision, in the order in which they were made; torn and foreign lines are left out."""
    try:
        lines = decisions_file(output).open("rb")
    except FileNotFoundError:
        return
    with lines:
        for line in lines:
            decision = _parsed(line)
            if decision is not None:
                yield decision


def read_decisions(output: Path) -> dict[str, Decision]:
    """The newest decision of each image, by its path; empty where nobody has decided anything."""
    newest: dict[str, Decision] = ByName()
    for decision in read_history(output):
        newest[decision.image] = decision
    return newest


class DecisionLog:
    """The newest decision of each image, kept up with what anybody appends. For one thread."""

    def __init__(self, output: Path) -> None:
        self._file = decisions_file(output)
        self._read_to = 0  # bytes
        self._newest: dict[str, Decision] = {}

    def newest(self) -> dict[str, Decision]:
        """As `read_decisions`, reading only what is new since the last call."""
        try:
            with self._file.open("rb") as store:
                store.seek(self._read_to)
                for line in store:
                    self._take(line)
        except FileNotFoundError:
            pass
        return self._newest

    def _take(self, line: bytes) -> None:
        if not line.endswith(b"\n"):  # being written: it is read the next time
            return
        self._read_to += len(line)
        decision = _parsed(line)
        if decision is not None:
            self._newest[decision.image] = decision


def _stamped(decision: Decision) -> Decision:
    if decision.verdict not in VERDICTS:
        raise ValueError(f"verdict must be one of {', '.join(VERDICTS)}, not {decision.verdict!r}")
    if decision.decided_at:
        return decision
    now = datetime.now(timezone.utc).isoformat(timespec="milliseconds")
    return replace(decision, decided_at=now)


def _to_line(decision: Decision) -> bytes:
    """Pure ASCII: file names that are not UTF-8 survive as lone surrogates."""
    return json.dumps(asdict(decision), ensure_ascii=True).encode("ascii") + b"\n"


def _parsed(line: bytes) -> Decision | None:
    """The decision of a line; fields of later versions are dropped, missing ones get defaults."""
    try:
        values: dict[str, Any] = json.loads(line)
        names = (f.name for f in fields(Decision) if f.name in values)
        known: dict[str, Any] = {name: values[name] for name in names}
        known |= {name: tuple(known[name]) for name in ("prompts", "strokes") if name in known}
        decision = Decision(**known)
    except (ValueError, TypeError):  # ValueError: no JSON, no UTF-8; TypeError: something else
        return None
    return decision if decision.verdict in VERDICTS and isinstance(decision.image, str) else None


def _append(file: Path, lines: bytes) -> None:
    is_new = not file.exists()
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("ab+", buffering=0) as store:
        start = store.seek(0, os.SEEK_END)
        data = (
            lines if _ends_whole(store, start) else b"\n" + lines
        )  # after a line that a kill tore
        try:
            if store.write(data) != len(data):
                raise OSError(28, "No space left on device", str(file))
            os.fsync(store.fileno())
        except OSError:
            store.truncate(start)
            raise
    if is_new:
        _sync_folder(file.parent)


def _ends_whole(store: Any, size: int) -> bool:
    if size == 0:
        return True
    store.seek(size - 1)
    return bool(store.read(1) == b"\n")


def _sync_folder(folder: Path) -> None:
    """So that the new file's name is on the disk as well as what it holds."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
