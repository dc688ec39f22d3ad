"""`--help` of every command on a terminal of 80 columns."""

from __future__ import annotations

import os
import re
import subprocess
import sys

import pytest
from typer.testing import CliRunner

from automask.cli import COMMANDS, DEVELOP, app, load_command

COLUMNS = 80


def help_of(name: str) -> str:
    width = {"COLUMNS": str(COLUMNS), "TERMINAL_WIDTH": str(COLUMNS), "NO_COLOR": "1"}
    group = ["develop"] if name in [row.name for row in DEVELOP] else []
    result = CliRunner().invoke(app, [*group, name, "--help"], env=width)
    assert result.exception is None
    return result.output


@pytest.fixture(autouse=True)
def _narrow(monkeypatch: pytest.MonkeyPatch) -> None:
    """typer reads the width when it is imported."""
    from typer import rich_utils

    monkeypatch.setattr(rich_utils, "MAX_WIDTH", COLUMNS)


@pytest.mark.parametrize("name", [row.name for row in (*COMMANDS, *DEVELOP)])
def test_nothing_is_cut_off(name: str) -> None:
    text = help_of(name)
    assert "…" not in text
    assert max(map(len, text.splitlines())) <= COLUMNS


@pytest.mark.parametrize("name", [row.name for row in (*COMMANDS, *DEVELOP)])
def test_every_option_is_named_with_what_it_does(name: str) -> None:
    shown = re.sub(r"[\s│]+", "", help_of(name))
    for param in load_command(name).params:
        long = [option for option in param.opts if option.startswith("--")]
        assert all(option in shown for option in long)
        words = re.sub(r"\s+", "", (getattr(param, "help", None) or "").replace("\\[", "["))
        assert words[:8] in shown


def test_brackets_in_a_help_text_are_no_markup() -> None:
    assert "TRAIN/VAL[/TEST]" in re.sub(r"[\s│]+", "", help_of("export"))
    assert "[choose]" in help_of("fit-choice")


def test_help_of_export_ends_well_in_a_process_of_its_own() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "automask", "export", "--help"],
        env={**os.environ, "COLUMNS": "80"}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
