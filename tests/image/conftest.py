"""Settings for the tests of one photograph's way."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pipeline_fakes import RunMaker

from automask.config import RunConfig


@pytest.fixture
def make_config(tmp_path: Path) -> RunMaker:
    """Settings of a run from in/ to out/; in/ exists."""
    (tmp_path / "in").mkdir()

    def make(**changes: Any) -> RunConfig:
        return RunConfig(input=tmp_path / "in", output=tmp_path / "out", **changes)

    return make
