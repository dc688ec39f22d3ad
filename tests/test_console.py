"""Where commands print, and how they read a list."""

from __future__ import annotations

import pytest

from automask.console import make_console, split_names


def test_a_list_is_split_at_its_commas_and_blanks_do_not_matter() -> None:
    assert split_names("tiny, vit_b,") == ["tiny", "vit_b"]
    assert split_names("") == []
    assert split_names(None) is None


def test_a_message_in_a_log_stays_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    make_console().print("word " * 100)
    assert capsys.readouterr().out.count("\n") == 1
