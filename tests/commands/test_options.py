"""One rule for JSON: `--json` prints, `--json=FILE` writes, and what was before works still."""

from __future__ import annotations

import pytest

from automask.commands.options import settle_json


@pytest.mark.parametrize(
    ("command", "given", "settled"),
    [
        ("status", ["--json", "OUTPUT"], ["--json=-", "OUTPUT"]),
        ("status", ["OUTPUT", "--json"], ["OUTPUT", "--json=-"]),
        ("status", ["--json=a.json", "OUTPUT"], ["--json=a.json", "OUTPUT"]),
        ("eval", ["A", "B", "--json", "a.json"], ["A", "B", "--json", "a.json"]),
        ("eval", ["A", "B", "--json"], ["A", "B", "--json=-"]),
        ("bench", ["--json", "--rounds", "1"], ["--json=-", "--rounds", "1"]),
        ("compare", ["A", "B", "--json", "-"], ["A", "B", "--json", "-"]),
        ("config", ["show", "--", "--json"], ["show", "--", "--json"]),
    ],
)
def test_a_bare_json_prints(command: str, given: list[str], settled: list[str]) -> None:
    assert settle_json(command, given) == settled
