"""The processes of a variant, with a proposer that needs no model."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import psutil
import pytest
from bench_fakes import FINE, KILLS, RAISES, broken_context, fake_context, make_images

from automask.bench.figures import Task
from automask.bench.rounds import plan_rounds
from automask.bench.team import Team
from automask.bench.variants import Options, Place, PlannedVariant, plan_variants
from automask.errors import MeasurementError, WeightsError
from automask.records import Job
from automask.runs.dispatch import worker_setup


@contextmanager
def team_for(
    images: Path, make_context: Any = fake_context, device: str = "cpu", workers: int = 1
) -> Iterator[tuple[Team, list[Job]]]:
    """A team on these images, and their jobs; it is closed at the end."""
    options = Options(devices=("cpu",), generators=("fast",), workers=1, threads=1)
    (planned,) = plan_variants(options, Place(images, images.parent))
    crew = replace(planned.prepared.crew, workers=workers)
    planned = PlannedVariant(planned.variant, replace(planned.prepared, crew=crew))
    setup = worker_setup(planned.prepared, Path("unused"))
    # json in place of torch: the fakes need none of it, and a second process would wait for it.
    fake = replace(setup, make_context=make_context, device=device, imports="json")
    with closing(Team(planned, fake)) as team:
        yield team, planned.prepared.jobs


@pytest.fixture(autouse=True)
def processes_find_the_fakes(monkeypatch: pytest.MonkeyPatch) -> None:
    path = (str(Path(__file__).parents[1] / "fakes"), os.environ.get("PYTHONPATH", ""))
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, path)))


def test_every_image_is_masked_once_in_each_round(tmp_path: Path) -> None:
    with team_for(make_images(tmp_path / "in", FINE, FINE), workers=2) as (team, jobs):
        team.start(jobs)
        for tasks in plan_rounds(jobs, rounds=2, workers=1):
            team.take_turn(tasks)
        measured = team.measured()
    images = [sorted(r.image for r in turn.records) for turn in measured.turns]
    assert images == [["00.png", "01.png"]] * 2
    assert {r.status for r in measured.records} == {"ok"}
    assert len({r.worker for r in measured.records}) <= 2
    written = sorted(str(p.relative_to(team.output)) for p in team.output.rglob("*/masks/*.png"))
    assert written == [
        "0/masks/00.png", "0/masks/01.png", "1/masks/00.png", "1/masks/01.png",
        "warm-up/0/masks/00.png", "warm-up/1/masks/00.png",
    ]  # fmt: skip
    assert measured.memory_mb > 0
    assert measured.gpu_memory_mb is None


def test_what_libraries_print_does_not_reach_the_answers_but_the_log(tmp_path: Path) -> None:
    with team_for(make_images(tmp_path / "in", FINE)) as (team, jobs):
        team.start(jobs)
        log = (team.output / "process-0.log").read_text()
    assert "UserWarning: on standard output" in log
    assert "so does a program that it calls" in log


def test_around_a_gpu_one_process_has_all_workers(tmp_path: Path) -> None:
    images = make_images(tmp_path / "in", *[FINE] * 6)
    with team_for(images, device="mps", workers=3) as (team, jobs):
        team.start(jobs)
        team.take_turn([Task(job, 0) for job in jobs])
        records = team.measured().records
    assert sorted(r.image for r in records) == [job.image for job in jobs]
    assert len({r.worker for r in records}) == 1


def test_an_image_that_fails_is_told_and_the_next_one_warms_up(tmp_path: Path) -> None:
    with team_for(make_images(tmp_path / "in", RAISES, FINE)) as (team, jobs):
        team.start(jobs)
        assert (team.output / "warm-up/0/masks/01.png").exists()
        team.take_turn([Task(job, 0) for job in jobs])
        measured = team.measured()
    assert measured.failures == [("00.png", "RuntimeError: the generator tripped")]
    assert [r.image for r in measured.records if r.is_done] == ["01.png"]


def test_where_every_image_fails_the_team_goes_on(tmp_path: Path) -> None:
    with team_for(make_images(tmp_path / "in", RAISES)) as (team, jobs):
        team.start(jobs)
        team.take_turn([Task(job, 0) for job in jobs])
        assert len(team.measured().failures) == 1


def test_a_process_that_dies_is_named_and_none_is_left(tmp_path: Path) -> None:
    with team_for(make_images(tmp_path / "in", FINE, KILLS), workers=2) as (team, jobs):
        team.start(jobs)
        with pytest.raises(MeasurementError, match="tiny cpu fast: its worker process died"):
            team.take_turn([Task(job, 0) for job in jobs])
    assert not [
        p for p in psutil.Process().children() if "automask.pool.worker" in " ".join(p.cmdline())
    ]


def test_an_error_that_concerns_every_image_is_raised_with_its_class(tmp_path: Path) -> None:
    images = make_images(tmp_path / "in", FINE)
    with (
        team_for(images, broken_context) as (team, jobs),
        pytest.raises(WeightsError, match="tiny cpu fast: these weights do not fit"),
    ):
        team.start(jobs)
