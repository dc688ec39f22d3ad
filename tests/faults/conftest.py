from __future__ import annotations

from pathlib import Path

import pytest
from harness import PHOTOGRAPHS, make_photographs, run


@pytest.fixture(scope="session")
def photographs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twenty small photographs; not to be changed by a test."""
    folder = tmp_path_factory.mktemp("source") / "in"
    make_photographs(folder, PHOTOGRAPHS)
    return folder


@pytest.fixture(scope="session")
def undisturbed(photographs: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The output of a run that nothing happened to."""
    output = tmp_path_factory.mktemp("undisturbed") / "out"
    result = run(photographs, output)
    assert result.returncode == 0, result.stderr
    return output
