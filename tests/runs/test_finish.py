"""`--on-finish`: the command gets the summary, and no shell gets the command."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from automask.errors import UsageError
from automask.runs.finish import OnFinish

COPY = "import sys; open(sys.argv[1], 'w').write(sys.stdin.read())"


def test_the_summary_comes_on_standard_input(tmp_path: Path) -> None:
    OnFinish((sys.executable, "-c", COPY, str(tmp_path / "got"))).tell({"exit_code": 0})
    assert json.loads((tmp_path / "got").read_text()) == {"exit_code": 0}


def test_words_are_split_and_nothing_is_expanded(tmp_path: Path) -> None:
    asked = OnFinish.parse(f"touch '{tmp_path}/a b' $HOME; rm -rf / `id` | cat > x")
    assert asked.words[:3] == ("touch", f"{tmp_path}/a b", "$HOME;")
    assert asked.words[-4:] == ("|", "cat", ">", "x")


@pytest.mark.parametrize("command", ["", "say 'hello"])
def test_what_is_no_command_is_refused(command: str) -> None:
    with pytest.raises(UsageError, match="--on-finish"):
        OnFinish.parse(command)


def test_a_command_that_fails_or_is_missing_is_told_and_raises_nothing(
    capsys: pytest.CaptureFixture[str],
) -> None:
    OnFinish((sys.executable, "-c", "import sys; sys.exit(3)")).tell({})
    OnFinish(("/no/such/program",)).tell({})
    told = capsys.readouterr().err
    assert "exit code 3" in told
    assert "No such file" in told
