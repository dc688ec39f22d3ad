"""A photograph has arrived when its file has stopped growing."""

from __future__ import annotations

from automask.records import Job
from automask.watch.arrivals import Arrivals


def file(size: int, changed: int = 0, name: str = "a.jpg") -> Job:
    return Job(name, name, size, changed)


def test_a_file_is_told_once_when_it_has_stayed_as_it_is() -> None:
    arrivals = Arrivals(2.0)
    assert arrivals.look([file(10)], now=0) == []
    assert arrivals.look([file(20)], now=1) == []
    assert arrivals.look([file(20)], now=2.5) == []
    assert arrivals.look([file(20)], now=3) == [file(20)]
    assert arrivals.look([file(20)], now=9) == []


def test_a_file_that_is_written_anew_is_told_anew() -> None:
    arrivals = Arrivals(0)
    assert arrivals.look([file(10, 1)], now=0) == [file(10, 1)]
    assert arrivals.look([file(10, 2)], now=1) == [file(10, 2)]


def test_a_file_that_has_gone_is_forgotten() -> None:
    arrivals = Arrivals(2.0)
    arrivals.look([file(10)], now=0)
    arrivals.look([], now=1)
    assert arrivals.growing == {}
    assert arrivals.look([file(10)], now=3) == []
