"""samples: photographs to try the first run on, where the input folder holds none."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from automask.image.load import load
from automask.image.scan import scan
from automask.samples import SAMPLES, copy_samples

pytest.importorskip("skimage", reason="scikit-image, which holds the samples, is not installed")


def test_an_empty_folder_gets_the_samples(tmp_path: Path) -> None:
    copied = copy_samples(tmp_path)
    assert copied == [tmp_path / name for name in SAMPLES]
    assert sorted(os.listdir(tmp_path)) == sorted(SAMPLES)


def test_a_missing_folder_is_made(tmp_path: Path) -> None:
    copy_samples(tmp_path / "new" / "input")
    assert sorted(os.listdir(tmp_path / "new" / "input")) == sorted(SAMPLES)


def test_the_samples_are_photographs_that_can_be_loaded(tmp_path: Path) -> None:
    copy_samples(tmp_path)
    sizes = {job.image: load(tmp_path / job.image).shape for job in scan(tmp_path)}
    assert sizes == {
        "astronaut.png": (512, 512, 3),
        "cat.png": (300, 451, 3),
        "coffee_cup.png": (400, 600, 3),
        "rocket.jpg": (427, 640, 3),
    }


def test_a_folder_with_an_image_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine.jpg").write_bytes(b"abc")
    assert copy_samples(tmp_path) == []
    assert os.listdir(tmp_path) == ["mine.jpg"]


def test_a_folder_with_an_image_further_down_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "shoes").mkdir()
    (tmp_path / "shoes" / "mine.jpg").write_bytes(b"abc")
    assert copy_samples(tmp_path) == []


def test_two_images_of_one_name_are_no_obstacle(tmp_path: Path) -> None:
    # Whether their outputs collide is for the run to say.
    for name in ("mine.jpg", "mine.png"):
        (tmp_path / name).write_bytes(b"abc")
    assert copy_samples(tmp_path) == []


def test_files_that_are_no_images_stay_beside_the_samples(tmp_path: Path) -> None:
    (tmp_path / ".gitkeep").touch()
    (tmp_path / "notes.txt").write_text("mine")
    copy_samples(tmp_path)
    assert sorted(os.listdir(tmp_path)) == sorted([*SAMPLES, ".gitkeep", "notes.txt"])
    assert (tmp_path / "notes.txt").read_text() == "mine"


def test_the_second_time_nothing_is_copied(tmp_path: Path) -> None:
    copy_samples(tmp_path)
    assert copy_samples(tmp_path) == []


def test_the_command_says_once_what_it_copied(tmp_path: Path) -> None:
    said = [
        subprocess.run(
            [sys.executable, "-m", "automask.samples", str(tmp_path)],
            check=True,
            capture_output=True,
            text=True,
        ).stdout
        for _ in range(2)
    ]
    assert said == [
        f"{tmp_path} holds no image: copied 4 sample photographs from scikit-image into it\n",
        "",
    ]
