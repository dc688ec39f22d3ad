"""gpu_day and gpu_pack, rehearsed without a GPU: as small as they can be made."""

from __future__ import annotations

import json
import subprocess
import sys
from itertools import count as count_from
from pathlib import Path

import cv2
import numpy as np
import pytest

from automask.sam.weights import locate
from automask.tiny_training.data import is_validation

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


def call(script: str, *arguments: object) -> str:
    """What a script prints; it must succeed."""
    command = [sys.executable, str(BENCHMARKS / script), *map(str, arguments)]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    return result.stdout


def make_pairs(folder: Path, count: int) -> None:
    rows, columns = np.mgrid[0:90, 0:120]
    for name in ("images", "masks"):
        (folder / name).mkdir(parents=True)
    validation = next(number for number in count_from(count) if is_validation(str(number)))
    for number in (*range(count), validation):
        disc = np.hypot(rows - 45, columns - 40 - number % 20) < 20
        noise = np.random.default_rng(number).integers(0, 60, (90, 120, 3))
        image = np.where(disc[..., None], 40, 180) + noise
        cv2.imwrite(str(folder / "images" / f"{number}.png"), image.astype(np.uint8))
        cv2.imwrite(str(folder / "masks" / f"{number}.png"), disc.astype(np.uint8) * 255)


def test_pairs_are_packed_small_and_are_whole_again_together(tmp_path: Path) -> None:
    make_pairs(tmp_path / "pairs", 6)
    one = call(
        "gpu_pack.py", "pairs", tmp_path / "pairs/images", tmp_path / "pairs/masks",
        tmp_path / "pack", "--side", 60, "--most-mb", 0.003,
    )  # fmt: skip
    packs = sorted(tmp_path.glob("pack-*"))
    assert len(packs) == len(one.splitlines()) > 1
    masks = [file for pack in packs for file in (pack / "masks").iterdir()]
    assert {file.stem for file in masks} > {str(number) for number in range(6)}
    mask = cv2.imread(str(masks[0]), cv2.IMREAD_GRAYSCALE)
    assert mask.shape == (45, 60)
    assert set(np.unique(mask)) == {0, 255}


@pytest.mark.slow
def test_every_stage_is_rehearsed_on_the_processor_and_not_done_again(tmp_path: Path) -> None:
    make_pairs(tmp_path / "pack", 6)
    rehearsal = (
        tmp_path / "out", "--device", "cpu", "--tiny", "--side", 160,
        "--stages", "smoke,throughput,training", "--minutes", 0.05,
        "--pack", tmp_path / "pack", "--start", locate("tiny").file,
    )  # fmt: skip
    table = call("gpu_day.py", *rehearsal)
    smoke = json.loads((tmp_path / "out/smoke.json").read_text())
    assert smoke["tiny float32"] == {"mean IoU": 1.0, "least IoU": 1.0, "logits": 0.0}
    assert smoke["tiny bfloat16"]["logits"] > 0
    assert json.loads((tmp_path / "out/training.json").read_text())["exit code"] == 0
    assert (tmp_path / "out/training/automask_tiny.safetensors").is_file()
    assert "images_per_hour" in (tmp_path / "out/bench-tiny.json").read_text()

    before = (tmp_path / "out/smoke.json").stat().st_mtime_ns
    assert call("gpu_day.py", *rehearsal) == table
    assert (tmp_path / "out/smoke.json").stat().st_mtime_ns == before
