"""What a Dask worker checks before it takes an image. No cluster is needed to see it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from dask_fakes import make_dask_setup
from fakes import FINE, FakeProposer, make_images

from automask.config import CHOICE_FILE, ChooseConfig
from automask.errors import UsageError, WeightsError
from automask.pool.dask import worker as dask_worker
from automask.pool.dask.worker import Errand, Reply, at_home, refuse_other_folders, settle, work
from automask.records import Job


@pytest.fixture
def jobs(tmp_path: Path) -> list[Job]:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "probe").write_text("secret")
    return make_images(tmp_path / "in", [FINE])


@pytest.fixture
def errand(tmp_path: Path, jobs: list[Job]) -> Iterator[Errand]:
    setup = make_dask_setup(tmp_path)
    yield Errand(setup, "digest", True, jobs[0].image, "probe", "secret", None)
    dask_worker._contexts.clear()


def test_a_worker_that_has_settled_does_an_image(errand: Errand, jobs: list[Job]) -> None:
    settled = settle(errand, threads=1)
    outcome = work(settled.token, "digest", jobs[0], None)
    assert not isinstance(outcome, Reply)
    assert outcome.record.status == "ok"
    assert outcome.record.worker == settled.name
    assert (errand.setup.config.output / "trimaps" / "00.png").is_file()


def test_an_image_that_loses_the_gpu_ends_the_worker(
    errand: Errand,
    jobs: list[Job],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    class Ended(BaseException):
        """In place of the end of this process."""

    def lose(*_: object) -> None:
        raise RuntimeError("CUDA error: device-side assert triggered")

    def end(code: int) -> None:
        raise Ended(code)

    monkeypatch.setattr(FakeProposer, "propose", lose)
    monkeypatch.setattr(os, "_exit", end)
    settled = settle(errand, threads=1)
    with pytest.raises(Ended, match="1"):
        work(settled.token, "digest", jobs[0], None)
    assert "RuntimeError: CUDA error: device-side assert triggered" in capsys.readouterr().err


def test_settling_twice_makes_one_model_and_other_settings_make_another(
    errand: Errand, tmp_path: Path
) -> None:
    settle(errand, 1)
    settle(errand, 1)
    assert len(list((tmp_path / "benches").iterdir())) == 1
    settle(replace(errand, digest="of other settings"), 1)
    assert len(list((tmp_path / "benches").iterdir())) == 2


def test_a_process_that_took_the_place_of_another_says_so(errand: Errand, jobs: list[Job]) -> None:
    settle(errand, 1)
    assert work("of another process", "digest", jobs[0], None) is Reply.REPLACED


def test_an_idle_worker_gives_its_model_back_and_says_so(
    errand: Errand, jobs: list[Job], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dask_worker, "IDLE_SECONDS", 0.0)
    settled = settle(errand, 1)
    assert dask_worker._idle is not None
    dask_worker._idle.join()
    assert work(settled.token, "digest", jobs[0], None) is Reply.FORGOTTEN


def test_folders_of_the_same_name_that_are_others_are_refused(errand: Errand) -> None:
    refuse_other_folders(errand)
    with pytest.raises(UsageError, match=r"does not see '.*/in/unknown\.png'; input and output"):
        refuse_other_folders(replace(errand, witness="unknown.png"))
    with pytest.raises(UsageError, match="does not see what the run wrote into"):
        refuse_other_folders(replace(errand, secret="of another run"))
    with pytest.raises(UsageError, match="does not see what the run wrote into"):
        refuse_other_folders(replace(errand, probe="unknown"))


def test_the_check_leaves_nothing_in_the_output(errand: Errand) -> None:
    refuse_other_folders(errand)
    assert [p.name for p in errand.setup.config.output.iterdir()] == ["probe"]


def test_an_output_that_cannot_be_written_is_refused(
    errand: Errand, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "write_text", refuse)
    with pytest.raises(UsageError, match=r"cannot write into '.*out': Permission denied"):
        refuse_other_folders(errand)


def test_weights_that_lie_elsewhere_are_found_by_the_models_name(errand: Errand) -> None:
    weights = errand.setup.weights
    elsewhere = replace(weights, file=Path("/not/on/this/node") / weights.file.name)
    here = at_home(replace(errand, setup=replace(errand.setup, weights=elsewhere)), 3)
    assert here.weights.file.is_file()
    assert here.weights.sha256 == weights.sha256
    assert here.mapped == here.weights.file
    assert here.threads == 3


def test_a_checkpoint_given_by_path_must_be_there(errand: Errand) -> None:
    setup = errand.setup
    config = setup.config.model_copy(update={"model": "/not/on/this/node/my.pth"})
    weights = replace(setup.weights, file=Path("/not/on/this/node/my.pth"))
    with pytest.raises(WeightsError, match="does not exist"):
        at_home(replace(errand, setup=replace(setup, config=config, weights=weights)), 1)


def test_the_bundled_choice_is_that_of_the_workers_own_installation(errand: Errand) -> None:
    theirs = ChooseConfig(fitted=Path("/venv/of/another/automask/image/choice.json"))
    config = errand.setup.config.model_copy(update={"choose": theirs})
    here = at_home(replace(errand, setup=replace(errand.setup, config=config)), 1)
    assert here.config.choose.fitted == CHOICE_FILE


@pytest.mark.slow
def test_a_hang_that_holds_pythons_lock_ends_the_process_and_tells_where() -> None:
    """A regular expression that never ends lets no other thread of Python run."""
    hang = (
        "import re; from automask.pool.dask.worker import ends_after\n"
        "with ends_after(600): pass\n"  # one that was in time does not end it
        "with ends_after(1): re.match('(a*)*b', 'a' * 64)\n"
    )
    ended = subprocess.run(
        [sys.executable, "-c", hang], capture_output=True, text=True, timeout=240, check=False,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])},
    )  # fmt: skip
    assert ended.returncode == 1
    assert "Timeout" in ended.stderr
    assert "in match" in ended.stderr
