"""A run of a part of the photographs: what it takes on, and what it tells."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from automask.config import load_config
from automask.errors import CollisionError, UsageError
from automask.runs import runner
from automask.runs.prepare import Prepared, prepare
from automask.runs.progress import print_start, print_summary
from automask.runs.summary import RunSummary, Silence
from automask.sharding.batch_systems import SYSTEMS
from automask.sharding.shard import index_of
from automask.status.status import read_status
from automask.system.signals import Stop

# `printf a | b2sum -l 64` and so on end in 2f, 75, 4f, db, fe, 1e: odd ones are the second part.
SECOND = {"a.png", "b.png", "e.png", "f.png"}
NAMES = {*SECOND, "sub/c.png", "sub/d.png"}


@pytest.fixture(autouse=True)
def no_array(monkeypatch: pytest.MonkeyPatch) -> None:
    for system in SYSTEMS:
        monkeypatch.delenv(system.task_id, raising=False)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """Six files that are named like photographs: `prepare` opens none."""
    for name in NAMES:
        file = tmp_path / "in" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(b"no picture")
    return tmp_path / "in"


def prepared(source: Path, **settings: Any) -> Prepared:
    flags = {"input": source, "output": source.parent / "out", "device": "cpu", **settings}
    return prepare(load_config(None, flags))


def images(ready: Prepared) -> set[str]:
    return {job.image for job in ready.jobs}


def said(ready: Prepared) -> str:
    console = Console(file=io.StringIO(), soft_wrap=True, width=250)
    print_start(console, ready)
    return console.file.getvalue()  # type: ignore[attr-defined]


def test_two_tasks_take_on_everything_and_nothing_twice(source: Path) -> None:
    assert images(prepared(source, shard="1/2")) == {"sub/c.png", "sub/d.png"}
    assert images(prepared(source, shard="2/2")) == SECOND


def test_without_an_array_everything_is_masked_and_nothing_is_said_of_parts(source: Path) -> None:
    assert images(prepared(source)) == NAMES
    assert said(prepared(source)) == ""


def test_a_task_of_an_array_takes_its_part_and_says_so_first(
    source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JOB_COMPLETION_INDEX", "1")
    monkeypatch.setenv("AUTOMASK_SHARDS", "2")
    ready = prepared(source)
    assert images(ready) == SECOND
    assert said(ready) == (
        "shard 2/2, by JOB_COMPLETION_INDEX=1: 4 of 6 images, records in shard-0002-of-0002.jsonl\n"
    )


def test_off_masks_everything_in_an_array_too(
    source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JOB_COMPLETION_INDEX", "1")
    assert images(prepared(source, shard="off")) == NAMES


def test_a_limit_counts_within_the_part(source: Path) -> None:
    assert images(prepared(source, shard="2/2", limit=3)) == {"a.png", "b.png", "e.png"}


def test_with_a_limit_a_task_speaks_of_its_own_images_only(
    source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runner, "outcomes", lambda *_: (nothing for nothing in ()))
    output = source.parent / "out"
    for part in ("1/2", "2/2"):
        ready = prepared(source, shard=part, limit=1)
        runner.execute(ready, Silence(), Stop())
    status = read_status(output)
    assert [task.images for task in status.tasks] == [1, 1]
    assert status.not_begun == 0


def test_a_part_without_photographs_is_no_fault_but_an_input_without_any_is(source: Path) -> None:
    parts = [images(prepared(source, shard=f"{index}/50")) for index in range(1, 51)]
    assert set() in parts
    (source.parent / "empty").mkdir()
    with pytest.raises(UsageError, match="empty holds no image"):
        prepared(source.parent / "empty", shard="1/50")


def test_two_photographs_for_one_output_are_refused_by_the_task_that_has_them(
    source: Path,
) -> None:
    (source / "sub" / "c.jpg").write_bytes(b"no picture")
    holder = index_of("sub/c.png", 8)
    for index in {*range(1, 9)} - {holder}:
        assert "sub/c.png" not in images(prepared(source, shard=f"{index}/8"))
    with pytest.raises(CollisionError, match=r"'sub/c\.jpg', 'sub/c\.png'"):
        prepared(source, shard=f"{holder}/8")


def test_the_settings_of_a_shard_shape_no_mask(source: Path) -> None:
    whole, part = prepared(source), prepared(source, shard="1/2", stage_weights=source.parent / "n")
    assert whole.settings == part.settings


def test_weights_are_read_from_the_nodes_own_disk(source: Path) -> None:
    node = source.parent / "node"
    ready = prepared(source, stage_weights=node)
    assert node in ready.weights.file.parents
    assert ready.weights.sha256 == prepared(source).weights.sha256
    assert said(ready) == ""


def test_weights_that_cannot_be_staged_are_told_at_the_start_and_in_the_summary(
    source: Path,
) -> None:
    node = source.parent / "node"
    node.write_text("a file, no folder")
    ready = prepared(source, stage_weights=node)
    assert said(ready).startswith("weights not staged: no copy of ")
    console = Console(file=io.StringIO(), soft_wrap=True, width=250)
    print_summary(console, RunSummary(not_staged=ready.not_staged))
    assert said(ready) in console.file.getvalue()  # type: ignore[attr-defined]
