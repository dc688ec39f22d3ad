"""Where commands print, and how they read a list."""

from __future__ import annotations

import io
import os
import subprocess
import sys

import pytest

from automask.show.console import (
    make_console,
    make_unattended_console,
    quoted,
    reason,
    shown,
    split_names,
    visible,
)


def test_a_list_is_split_at_its_commas_and_blanks_do_not_matter() -> None:
    assert split_names("tiny, vit_b,") == ["tiny", "vit_b"]
    assert split_names("") == []
    assert split_names(None) is None


def test_a_message_in_a_log_stays_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    make_console().print("word " * 100)
    assert capsys.readouterr().out.count("\n") == 1


@pytest.mark.parametrize(
    ("name", "spelt"),
    [
        ("a\u202egpj.exe", r"a\u202egpj.exe"),  # right-to-left override
        ("a\u200fb\u2067c", r"a\u200fb\u2067c"),  # right-to-left mark and isolate
        ("\x1b[2J\x07", r"\x1b[2J\x07"),
        ("\x9b31m", r"\x9b31m"),  # the escape sequence's start in one byte
        ("two\nlines\r\u2028", r"two\nlines\r\u2028"),
        ("caf\udce9", r"caf\udce9"),
        ("\u05e9\u05dc caf\u00e9 \U0001f408", "\u05e9\u05dc caf\u00e9 \U0001f408"),
    ],
)
def test_what_cannot_be_seen_in_a_name_is_spelt_and_all_else_stays(name: str, spelt: str) -> None:
    assert visible(name) == spelt


def test_a_name_is_no_markup(capsys: pytest.CaptureFixture[str]) -> None:
    make_console().print(shown("[red]a[/].jpg"))
    assert capsys.readouterr().out == "[red]a[/].jpg\n"


def test_a_name_that_the_locale_cannot_spell_is_spelt_out(monkeypatch: pytest.MonkeyPatch) -> None:
    log = io.TextIOWrapper(io.BytesIO(), encoding="latin-1", write_through=True)
    monkeypatch.setattr(sys, "stdout", log)
    make_console().print("\u5199.jpg")
    assert log.buffer.getvalue() == rb"\u5199.jpg" + b"\n"  # type: ignore[attr-defined]


def test_where_standard_output_is_closed_nothing_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", None)
    make_unattended_console().print("hello")


@pytest.mark.parametrize("log", ["/dev/full", "a pipe that nobody reads"])
def test_what_runs_unattended_outlives_its_log(log: str) -> None:
    code = (
        "from automask.show.console import make_unattended_console\n"
        "console = make_unattended_console()\n"
        "for _ in range(3): console.print('a line')\n"
        "raise SystemExit(7)"
    )
    if log == "/dev/full":
        target = os.open(log, os.O_WRONLY)
    else:
        reading, target = os.pipe()
        os.close(reading)
    done = subprocess.run(
        [sys.executable, "-c", code], stdout=target, stderr=subprocess.PIPE, check=False
    )
    os.close(target)
    assert (done.returncode, done.stderr) == (7, b"")


@pytest.mark.parametrize(
    "error", ["'kaputt.webp': damaged", "kaputt.webp: damaged", "a/kaputt.webp: damaged"]
)
def test_why_an_image_failed_is_told_without_its_name(error: str) -> None:
    assert reason("a/kaputt.webp", error) == "damaged"
    assert reason("other.webp", error) == error


def test_a_path_in_a_hint_can_be_pasted() -> None:
    assert quoted("my out") == "'my out'"
    assert quoted("out") == "out"
