"""The order of the turns."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from automask.bench import measure
from automask.bench.figures import Task, Turn
from automask.records import Job


class FakeTeam:
    """Notes its turns."""

    def __init__(self, name: str, notes: list[tuple[str, int]]) -> None:
        self.name, self.notes = name, notes
        self.turns: list[Turn] = []

    def take_turn(self, tasks: Sequence[Task]) -> None:
        self.notes.append((self.name, tasks[0].repeat))
        self.turns.append(Turn(1.0, ()))


def test_every_team_has_every_round_and_each_second_round_goes_backwards(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(measure, "REST_SECONDS", 0.0)
    notes: list[tuple[str, int]] = []
    told: list[str] = []
    teams: list[Any] = [FakeTeam(name, notes) for name in ("stock", "fast")]
    rounds = [[Task(Job("a.jpg", "a", 1, 1), number)] for number in range(3)]
    measure.take_turns(teams, rounds, told.append)
    assert notes == [
        ("stock", 0), ("fast", 0), ("fast", 1), ("stock", 1), ("stock", 2), ("fast", 2),
    ]  # fmt: skip
    assert told[0] == "round 1 of 3, stock: 1 images in 1.00 s"
