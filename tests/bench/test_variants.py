"""Which variants are measured, and that each is prepared as a run."""

from __future__ import annotations

from pathlib import Path

import pytest
from bench_fakes import FINE, make_images

from automask.bench.generators import GENERATORS
from automask.bench.variants import (
    Options,
    Place,
    RandomWeights,
    absent_models,
    plan_variants,
    unique_devices,
)
from automask.config import RunConfig, load_config
from automask.errors import ConfigError, DeviceError, UsageError, WeightsError
from automask.runs.prepare import prepare

ON_CPU = {"devices": ("cpu",), "workers": 1, "threads": 1}


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(make_images(tmp_path / "in", FINE, FINE, FINE), tmp_path)


def test_every_generator_is_one_that_a_run_knows() -> None:
    for settings in GENERATORS.values():
        RunConfig(input=Path("in"), output=Path("out"), **settings)


def test_by_default_tiny_is_measured_with_every_generator(place: Place) -> None:
    planned = plan_variants(Options(devices=("cpu",)), place)
    assert [p.variant.name for p in planned] == ["tiny cpu stock", "tiny cpu fast"]
    assert [p.prepared.config.generator for p in planned] == ["stock", "fast"]


def test_a_variant_has_the_crew_and_the_settings_of_a_run(place: Place) -> None:
    (planned,) = plan_variants(Options(devices=("cpu",), generators=("fast",)), place)
    flags = {"input": place.images, "output": place.folder / "out", "device": "cpu"}
    run = prepare(load_config(None, flags))
    assert planned.prepared.crew == run.crew
    assert planned.prepared.settings == run.settings
    assert planned.prepared.weights == run.weights


def test_workers_threads_and_limit_are_those_of_a_run(place: Place) -> None:
    options = Options(generators=("fast",), **ON_CPU, limit=2)
    (planned,) = plan_variants(options, place)
    assert (planned.prepared.crew.workers, planned.prepared.crew.threads) == (1, 1)
    assert [job.image for job in planned.prepared.jobs] == ["00.png", "01.png"]


def test_each_variant_writes_masks_into_a_folder_of_its_own(place: Place) -> None:
    planned = plan_variants(Options(**ON_CPU), place)
    assert len({p.prepared.config.output for p in planned}) == 2
    assert all("mask" in p.prepared.config.save for p in planned)


def test_a_config_file_sets_what_a_run_would_take_from_it(place: Place, tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text("[propose.settings]\npoints_per_side = 3\n")
    planned = plan_variants(Options(**ON_CPU, config=file), place)
    assert [p.prepared.config.propose.settings for p in planned] == [{"points_per_side": 3}] * 2


def test_a_stand_in_takes_the_place_of_the_model_and_sets_its_threshold(place: Place) -> None:
    bundled = plan_variants(Options(**ON_CPU), place)[0].prepared.weights.file
    stand_ins = {"vit_b": RandomWeights(bundled, {"pred_iou_thresh": 0.75})}
    options = Options(models=("vit_b",), generators=("fast",), **ON_CPU)
    (planned,) = plan_variants(options, Place(place.images, place.folder, stand_ins))
    assert planned.is_random
    assert planned.variant.model == "vit_b"
    assert planned.prepared.weights.file == bundled
    assert planned.prepared.config.propose.settings == {"pred_iou_thresh": 0.75}


def test_a_device_named_twice_is_measured_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("automask.bench.variants.device_of", {"auto": "cpu", "cpu": "cpu"}.get)
    assert unique_devices(Options(devices=("cpu", "auto"))) == ["cpu"]
    monkeypatch.setattr("automask.bench.variants.device_of", {"auto": "cuda:0", "cpu": "cpu"}.get)
    assert unique_devices(Options(devices=("cpu", "auto"))) == ["cpu", "cuda:0"]


def test_the_cpu_alone_is_planned_without_loading_torch(place: Place) -> None:
    import subprocess
    import sys

    code = (
        "import sys; from pathlib import Path\n"
        "from automask.bench.bench import bench\n"
        "from automask.bench.variants import *\n"
        f"plan_variants(Options(devices=('cpu',)), Place(Path({str(place.images)!r}), Path('x')))\n"
        "print('torch' in sys.modules)"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == "False"


def test_what_is_not_here_is_known(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AUTOMASK_WEIGHTS", raising=False)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "sam2_hiera_tiny.pt").touch()
    options = Options(models=("tiny", "sam2_hiera_tiny", "mine.pth", "sam2_hiera_large"))
    here = Options(models=options.models, weights=tmp_path)
    assert "tiny" not in absent_models(options)
    assert "sam2_hiera_tiny" not in absent_models(here)
    assert "mine.pth" not in absent_models(options)  # a path: that it is missing is an error


@pytest.mark.parametrize(
    ("options", "error", "said"),
    [
        (Options(generators=("quick",), **ON_CPU), ConfigError, "known: stock, exact, full, fast"),
        (Options(models=("vit_x",), **ON_CPU), ConfigError, "known: tiny"),
        (Options(devices=("tpu",)), ConfigError, "device"),
        (Options(devices=("cuda:99",)), DeviceError, "cuda:99"),
        (Options(**{**ON_CPU, "workers": 1000}), UsageError, "cores this process may use"),
    ],
)
def test_what_is_wrong_is_an_error_of_its_own(
    place: Place, options: Options, error: type[Exception], said: str
) -> None:
    with pytest.raises(error, match=said):
        plan_variants(options, place)


def test_a_missing_checkpoint_says_how_to_get_it(
    place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("automask.sam.weights.find", lambda *_: None)
    options = Options(models=("vit_b",), weights=tmp_path, **ON_CPU)
    with pytest.raises(WeightsError, match="automask fetch vit_b"):
        plan_variants(options, place)
