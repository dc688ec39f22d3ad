"""Lines for programs and for logs."""

from __future__ import annotations

import io
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from automask.errors import UsageError
from automask.runs.messages import error_message
from automask.runs.watchers import JsonLines, LogLines, line_stream

if TYPE_CHECKING:
    from conftest import RecordMaker


def test_json_lines_count_and_carry_the_record(make_record: RecordMaker) -> None:
    stream = io.StringIO()
    lines = JsonLines(stream)
    lines.begin(3, 1)
    lines.finished(make_record(image="a.jpg"))
    lines.finished(make_record(image="b.jpg", status="failed", error="damaged"))
    lines.end()
    told = [json.loads(line) for line in stream.getvalue().splitlines()]
    assert [message["message_type"] for message in told] == ["status", "image", "image", "status"]
    assert told[-1] == {"message_type": "status", "total": 3, "done": 3, "failed": 1}
    assert told[1]["confidence"] == 0.5


def test_log_lines_begin_with_time_level_and_image(make_record: RecordMaker) -> None:
    stream = io.StringIO()
    lines = LogLines(stream)
    lines.finished(make_record(image="a\nb.jpg", flags=()))
    lines.finished(make_record(image="c.jpg", status="failed", error="damaged"))
    lines.tell(error_message(UsageError("no folder")))
    first, second, third = stream.getvalue().splitlines()
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ info  a\\nb\.jpg: ok, .* 0\.7 s", first)
    assert second.endswith("Z error c.jpg: failed: damaged")
    assert third.endswith("Z error run: no folder (exit code 2)")


def test_a_log_goes_on_and_a_stream_begins_anew(tmp_path: Path) -> None:
    for mode in ("a", "a", "w"):
        with line_stream(tmp_path / "new" / mode, "--log-file", mode) as stream:
            stream.write("line\n")
    assert (tmp_path / "new" / "a").read_text() == "line\nline\n"
    assert (tmp_path / "new" / "w").read_text() == "line\n"


def test_a_file_that_cannot_be_opened_is_told_before_the_work(tmp_path: Path) -> None:
    with (
        pytest.raises(UsageError, match="cannot write --log-file"),
        line_stream(tmp_path, "--log-file", "a"),
    ):
        pytest.fail("it is a folder")
