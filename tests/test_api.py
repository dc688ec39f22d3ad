"""What `import automask` promises."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import automask
from automask.errors import ConfigError, UsageError

FEW_POINTS = {"settings": {"points_per_side": 4}}


def disc() -> np.ndarray:
    """A red disc of radius 30 in the middle of a light 100 x 140 picture."""
    rows, columns = np.mgrid[0:100, 0:140]
    image = np.full((100, 140, 3), 225, np.uint8)
    image[(rows - 50) ** 2 + (columns - 70) ** 2 < 30**2] = (190, 40, 30)
    return image


def test_importing_automask_loads_no_torch() -> None:
    code = "import sys, automask; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_every_promised_name_is_there() -> None:
    for name in ("mask_image", "run", "make_trimap", "load_model", "make_generator"):
        assert callable(getattr(automask, name))


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="mask_picture"):
        automask.mask_picture  # noqa: B018


def test_mask_image_finds_the_disc_and_says_how_long_it_took() -> None:
    result = automask.mask_image(disc(), propose=FEW_POINTS)
    truth = disc()[..., 1] < 100
    overlap = (result.mask & truth).sum() / (result.mask | truth).sum()
    assert result.status == "ok"
    assert result.mask.shape == result.trimap.shape == (100, 140)
    assert overlap > 0.8
    assert 0 < result.confidence <= 1
    assert set(result.seconds) == {"encode", "decode", "choose", "refine"}
    assert min(result.seconds.values()) > 0


def test_mask_image_takes_the_settings_of_a_run() -> None:
    result = automask.mask_image(disc(), propose=FEW_POINTS, trimap={"values": (255, 0, 128)})
    assert set(np.unique(result.trimap)) == {255, 0, 128}


def test_a_grayscale_array_is_refused_with_the_form_that_is_wanted() -> None:
    with pytest.raises(UsageError, match="H x W x 3 uint8"):
        automask.mask_image(np.zeros((10, 10), np.uint8))


def test_an_unknown_setting_is_refused() -> None:
    with pytest.raises(ConfigError, match="contours"):
        automask.mask_image(disc(), contours=2)


def test_run_is_a_function_however_often_and_from_wherever_it_is_taken(tmp_path: Path) -> None:
    from automask import run
    from automask.runs.progress import make_progress

    assert callable(make_progress)  # its module imports the one that runs
    (tmp_path / "in").mkdir()
    Image.fromarray(disc()).save(tmp_path / "in" / "a.png")
    config = automask.RunConfig(
        input=tmp_path / "in", output=tmp_path / "out", device="cpu", propose=FEW_POINTS
    )
    first, second = run(config), automask.run(config)
    assert (first.ok, first.skipped, first.exit_code) == (1, 0, 0)
    assert (second.ok, second.skipped) == (0, 1)
