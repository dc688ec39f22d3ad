"""Two thousand damaged image files: none ends the run, each has a record that names its fault."""

from __future__ import annotations

import resource
from dataclasses import replace
from pathlib import Path

import pytest
from damaged import damaged_files
from fakes import FakeProposer, fake_context, make_setup

from automask.config import LoadConfig
from automask.image.process import WorkerContext
from automask.pool.crew import Crew
from automask.pool.ladder import make_ladder
from automask.pool.patience import Patience
from automask.pool.supervisor import Supervisor
from automask.pool.workers import Owner, WorkerSetup
from automask.records import FAILED, ImageRecord, Job
from automask.system.signals import Stop

pytestmark = pytest.mark.slow

FILES = 2000
LIMIT_SECONDS = 60.0  # of an image: the largest that is allowed takes a few
# Files that claim more than MAX_PIXELS are refused; those that claim less need the memory of what
# they claim, several times over: decoded, converted, as an array.
MAX_PIXELS = 20_000_000
LIMIT_BYTES = 1 << 30  # beyond what a worker has when it starts


class Obedient(FakeProposer):
    """Whatever a damaged picture's first pixel is, it does its work."""

    def _misbehave(self, how: int) -> None:
        pass


def bounded_bench(setup: WorkerSetup, owner: Owner | None) -> WorkerContext:
    """A worker that cannot take all of the memory."""
    data = int(Path("/proc/self/statm").read_text().split()[5]) * resource.getpagesize()
    # Not RLIMIT_AS: decoders with threads reserve far more addresses than they use.
    resource.setrlimit(resource.RLIMIT_DATA, (data + LIMIT_BYTES, data + LIMIT_BYTES))
    context = fake_context(setup, owner)
    proposer = Obedient(setup.config.output, setup.batch_divisor)
    return replace(context, proposer=proposer)


@pytest.fixture(scope="module")
def records(
    tmp_path_factory: pytest.TempPathFactory,
) -> list[ImageRecord]:
    """Those of a run over all the files, in their order."""
    root = tmp_path_factory.mktemp("fuzz")
    # Workers find this module, and the fakes, by name.
    (root / "in").mkdir()
    jobs = []
    for name, data in damaged_files(FILES):
        (root / "in" / name).write_bytes(data)
        jobs.append(Job(name, name, len(data), 0))
    setup = make_setup(root, bounded_bench)
    config = setup.config.model_copy(update={"load": LoadConfig(max_pixels=MAX_PIXELS)})
    (root / "log").mkdir()
    ladder = make_ladder("cpu", Crew(2, 1), cores=2)
    patience = Patience(retries=1, timeout=LIMIT_SECONDS)
    supervisor = Supervisor(replace(setup, config=config), ladder, patience, root / "log", Stop())
    outcomes = supervisor.outcomes(jobs)
    return sorted((outcome.record for outcome in outcomes), key=lambda record: record.image)


def test_each_file_has_a_record(records: list[ImageRecord]) -> None:
    assert len({record.image for record in records}) == len(records) == FILES


def test_no_decoder_ends_its_process_or_hangs(records: list[ImageRecord]) -> None:
    assert [record.image for record in records if record.attempts > 1] == []


def test_each_error_is_one_line_that_names_the_file_and_the_fault(
    records: list[ImageRecord],
) -> None:
    errors = {record.image: str(record.error) for record in records if record.status == FAILED}
    assert {i: e for i, e in errors.items() if not e.startswith(f"'{i}': ")} == {}
    assert {i: e for i, e in errors.items() if len(e) > 300 or not e.isprintable()} == {}


def test_the_damage_is_such_that_files_fail_and_such_that_files_pass(
    records: list[ImageRecord],
) -> None:
    failed = sum(record.status == FAILED for record in records)
    assert FILES // 2 < failed < FILES * 9 // 10
