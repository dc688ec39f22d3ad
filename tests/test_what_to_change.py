"""docs/what-to-change.md: every setting and flag that it names exists."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from automask.cli import load_command
from automask.config import RunConfig, load_config, tomllib
from automask.image import choose

PAGE = (Path(__file__).parent.parent / "docs" / "what-to-change.md").read_text(encoding="utf-8")
FOLDERS = {"input": Path("in"), "output": Path("out")}
SETTINGS = re.findall(r"`\[(\w+)\] (\w+ = [^`]+)`", PAGE)


@pytest.mark.parametrize(("section", "line"), SETTINGS)
def test_a_setting_can_be_set_as_it_is_written(section: str, line: str) -> None:
    values: dict[str, Any] = tomllib.loads(f"[{section}]\n{line}\n")
    load_config(None, {**FOLDERS, **values})


def test_the_page_names_settings() -> None:
    assert len(SETTINGS) > 10
    assert {section for section, _ in SETTINGS} <= RunConfig.model_fields.keys()


def test_every_option_that_is_named_is_one_of_run_or_of_its_command() -> None:
    known = {option for name in ("run", "compare") for p in load_command(name).params
             for option in p.opts}  # fmt: skip
    assert set(re.findall(r"--[a-z][a-z-]+", PAGE)) <= known


def test_every_flag_of_a_record_leads_somewhere() -> None:
    flags = set(re.findall(r'"([a-z]+_[a-z]+|tiny|ambiguous)"', Path(choose.__file__).read_text()))
    told = PAGE.partition("## By the flag")[2]
    for flag in ("touches_border", "fills_frame", "tiny", "ambiguous", "low_stability"):
        assert flag in flags
        assert f"| `{flag}` |" in told
