"""The order of photographs that wait."""

from __future__ import annotations

from typing import Any

from automask.image.process import Outcome
from automask.records import Job
from automask.serve.line import BATCH, REQUEST, Line


def job(name: str) -> Job:
    return Job(name, name, 0, 0)


def names(line: Line, most: int = 9) -> list[str]:
    return [taken.image for taken in line.take(most)]


def test_requests_go_before_batches_and_each_in_its_order() -> None:
    line = Line()
    for name, rank in (("b1", BATCH), ("r1", REQUEST), ("b2", BATCH), ("r2", REQUEST)):
        line.add(job(name), rank, print)
    assert names(line, 3) == ["r1", "r2", "b1"]
    assert names(line) == ["b2"]


def test_what_is_dropped_is_not_taken_and_what_is_taken_cannot_be_dropped() -> None:
    line = Line()
    for name in ("a", "b"):
        line.add(job(name), REQUEST, print)
    assert line.drop("a")
    assert names(line) == ["b"]
    assert not line.drop("b")
    assert (line.waiting, line.in_hand) == (0, 1)


def test_who_waits_is_told_once(make_record: Any) -> None:
    heard: list[Outcome] = []
    line = Line()
    line.add(job("a"), REQUEST, heard.append)
    line.take(1)
    outcome = Outcome(make_record(image="a"))
    line.finished(outcome)
    assert heard == [outcome]
    assert line.in_hand == 0


def test_something_new_and_the_end_wake_the_supervisor() -> None:
    woken: list[int] = []
    line = Line()
    line.wakes(lambda: woken.append(1))
    line.add(job("a"), BATCH, print)
    line.close()
    assert len(woken) == 2
    assert not line.is_open
    assert names(line) == []
