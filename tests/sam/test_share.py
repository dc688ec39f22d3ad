"""share: one float32 copy of the weights for all workers of a run."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.numpy import load_file
from safetensors.numpy import save_file as save_arrays
from safetensors.torch import save_file as save_tensors

from automask.errors import WeightsError, WorkersError
from automask.sam.share import share
from automask.sam.weights import Weights, locate


@pytest.fixture
def tiny() -> Weights:
    return locate("tiny")


def test_half_precision_is_widened_and_integers_stay(tiny: Weights, tmp_path: Path) -> None:
    file = tmp_path / "half.safetensors"
    save_arrays({"a": np.float16([0.5, 2]), "n": np.int64([7])}, file, {"arch": "tiny"})
    (tmp_path / "copies").mkdir()
    copy = load_file(share(replace(tiny, file=file), tmp_path / "copies"))
    assert (copy["a"].dtype, copy["a"].tolist()) == (np.float32, [0.5, 2.0])
    assert (copy["n"].dtype, copy["n"].tolist()) == (np.int64, [7])


def test_bfloat16_which_numpy_does_not_know_is_left_to_the_workers(
    tiny: Weights, tmp_path: Path
) -> None:
    file = tmp_path / "brain.safetensors"
    save_tensors({"a": torch.ones(2, dtype=torch.bfloat16)}, file)
    assert share(replace(tiny, file=file), tmp_path) == file


def test_where_the_temporary_folder_is_full_the_error_says_what_to_do(
    tiny: Weights, tmp_path: Path
) -> None:
    (tmp_path / tiny.file.name).mkdir()  # as little room as on a full disk
    with pytest.raises(WorkersError, match=r"(?s)cannot write into the temporary folder.*TMPDIR"):
        share(tiny, tmp_path)


def test_a_truncated_file_is_named(tiny: Weights, tmp_path: Path) -> None:
    cut = tmp_path / "cut.safetensors"
    cut.write_bytes(tiny.file.read_bytes()[:100_000])
    with pytest.raises(WeightsError, match=r"cut\.safetensors"):
        share(replace(tiny, file=cut), tmp_path)


SHOWS_TORCH = """
import sys
from automask.cli import main
try:
    main()
except SystemExit as stop:
    print(stop.code, "torch" in sys.modules)
"""


@pytest.mark.slow
def test_the_parent_of_a_run_loads_no_torch(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    Image.new("RGB", (64, 48), "white").save(tmp_path / "in" / "a.png")
    run = ["run", str(tmp_path / "in"), str(tmp_path / "out"), "--device", "cpu"]
    result = subprocess.run(
        [sys.executable, "-c", SHOWS_TORCH, *run], capture_output=True, text=True, check=False
    )
    assert result.stdout.splitlines()[-1] == "0 False", result.stderr
