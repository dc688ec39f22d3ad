"""How a run's end is told to programs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from automask.errors import Interrupted, LockedError, UsageError
from automask.runs.messages import error_message, summary_message, told_at_end
from automask.runs.summary import RunSummary


@pytest.mark.parametrize(
    ("error", "code", "is_retryable"),
    [
        (LockedError("in use"), 5, True),
        (UsageError("no folder"), 2, False),
        (Interrupted(143), 143, True),
        (KeyboardInterrupt(), 130, True),
        (ZeroDivisionError("oh"), 1, False),
    ],
)
def test_errors_say_whether_to_try_again(
    error: BaseException, code: int, is_retryable: bool
) -> None:
    message = error_message(error)
    assert (message["exit_code"], message["is_retryable"]) == (code, is_retryable)


def test_a_summary_has_its_exit_code_and_counts() -> None:
    summary = RunSummary(3, ok=2, failed=1, seconds_wall=12.0, output=Path("/masks"))
    for second in (0, 4, 8):  # each takes two seconds: three images in ten
        summary.pace.add(f"2024-05-01T10:00:{second:02}+00:00", 2.0)
    message = summary_message(summary)
    assert message["message_type"] == "summary"
    assert (message["exit_code"], message["ok"], message["output"]) == (1, 2, "/masks")
    assert message["images_per_hour"] == 1080.0


def test_the_end_is_told_once_and_errors_go_on() -> None:
    heard: list[dict[str, Any]] = []
    with told_at_end([heard.append]) as ending:
        ending.summary = RunSummary()
    with pytest.raises(UsageError), told_at_end([heard.append]):
        raise UsageError("no folder")
    with told_at_end([heard.append]):
        """A dry run: nothing has ended."""
    assert [message["message_type"] for message in heard] == ["summary", "error"]
