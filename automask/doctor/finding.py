"""What a check found: a line with its state and, where it is not well, the remedy."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from automask.errors import ExitCode

OK = "ok"
WARNING = "warning"  # a run goes on with it: slower, or with less
FAULT = "fault"  # a run would fail


@dataclass(frozen=True)
class Finding:
    """One line of the examination."""

    check: str  # what was looked at, a word or two
    state: str  # ok, warning or fault
    text: str  # what was found
    remedy: str = ""  # what to do; empty where all is well


def exit_code(findings: Iterable[Finding]) -> int:
    """0 where a run can begin, 1 where something would make it fail."""
    return ExitCode.SOME_FAILED if any(f.state == FAULT for f in findings) else ExitCode.OK
