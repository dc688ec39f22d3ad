"""Shells complete the names of commands and options."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

PROGRAM = "import sys; sys.argv = ['automask']; from automask.cli import main; main()"


def completed(*words: str) -> list[str]:
    """What bash would offer for the last word."""
    asked = {
        "_AUTOMASK_COMPLETE": "complete_bash",
        "COMP_WORDS": " ".join(["automask", *words]),
        "COMP_CWORD": str(len(words)),
    }
    told = subprocess.run(
        [sys.executable, "-c", PROGRAM], env={**os.environ, **asked}, capture_output=True, text=True
    )
    return told.stdout.split()


@pytest.mark.parametrize(
    ("words", "offered"),
    [(("doc",), "doctor"), (("run", "--contour"), "--contour-px"), (("config", "sch"), "schema")],
)
def test_commands_options_and_values_are_completed(words: tuple[str, ...], offered: str) -> None:
    assert completed(*words) == [offered]


def test_the_script_for_a_shell_names_the_program() -> None:
    told = subprocess.run(
        [sys.executable, "-m", "automask", "completion", "zsh"], capture_output=True, text=True
    )
    assert told.stdout.startswith("#compdef automask")
