"""A run gives its output back only when nobody writes there any more."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from PIL import Image

from automask import runner
from automask.config import RunConfig
from automask.errors import OutputError
from automask.image.pipeline import Outcome
from automask.prepare import prepare
from automask.signals import Stop
from automask.summary import Silence
from automask.task import is_running

if TYPE_CHECKING:
    from conftest import RecordMaker


def test_the_workers_are_ended_before_the_lock_is_given_back(
    tmp_path: Path, make_record: RecordMaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "in").mkdir()
    Image.new("RGB", (8, 8)).save(tmp_path / "in" / "a.png")
    output = tmp_path / "out"
    locked_when_ended: list[bool] = []

    def full_disk(*_: Any) -> Iterator[Outcome]:
        try:
            yield Outcome(make_record(status="failed", error="disk full"), is_fatal=True)
        finally:
            locked_when_ended.append(is_running(output, "run"))

    monkeypatch.setattr(runner, "outcomes", full_disk)
    prepared = prepare(RunConfig(input=tmp_path / "in", output=output, device="cpu"))
    with pytest.raises(OutputError, match="disk full"):
        runner.execute(prepared, Silence(), Stop())
    assert locked_when_ended == [True]
    assert not is_running(output, "run")
