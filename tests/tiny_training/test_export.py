"""From a trained model to the file that automask ships, and back."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from miniature import SMALL, SMALL_RESIDUAL
from safetensors import safe_open
from safetensors.torch import load_file, save_file
from segment_anything.modeling import Sam

from automask.errors import WeightsError
from automask.sam.build import build, tiny_sizes
from automask.sam.tiny import Architecture, build_tiny
from automask.sam.weights import locate
from automask.tiny_training.export import export


@pytest.fixture
def sam() -> Sam:
    torch.manual_seed(0)
    return build_tiny(SMALL)


def test_the_file_loads_as_the_model_it_was(sam: Sam, tmp_path: Path) -> None:
    file = tmp_path / "mine.safetensors"
    export(sam, SMALL, file, {})
    loaded = build(locate(str(file)))
    assert loaded.image_encoder.img_size == 64
    image = torch.rand(1, 3, 64, 64)
    with torch.no_grad():
        before, after = sam.image_encoder(image), loaded.image_encoder(image)
    assert torch.allclose(before, after, atol=0.02)  # half precision


def test_architecture_and_notes_travel_in_the_metadata(sam: Sam, tmp_path: Path) -> None:
    file = tmp_path / "mine.safetensors"
    export(sam, SMALL, file, {"data": "discs"})
    with safe_open(file, framework="pt") as tensors:
        metadata = tensors.metadata()
    assert metadata["data"] == "discs"
    assert json.loads(metadata["architecture"])["pyramid"] == [8, 16, 16]


@pytest.mark.parametrize("arch", [SMALL, SMALL_RESIDUAL], ids=["second", "first"])
def test_a_file_of_either_generation_loads_as_what_it_is(
    arch: Architecture, tmp_path: Path
) -> None:
    file = tmp_path / "mine.safetensors"
    export(build_tiny(arch), arch, file, {})
    assert tiny_sizes(file) == arch
    build(locate(str(file)))  # strictly: no layer is missing, none is left over


def test_sizes_that_nobody_knows_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "mine.safetensors"
    save_file({"a": torch.zeros(1)}, file, {"architecture": '{"backbone": "x", "heads": 3}'})
    with pytest.raises(WeightsError, match=r"not known here.*heads"):
        tiny_sizes(file)


def test_kernels_are_half_precision_and_vectors_are_not(sam: Sam, tmp_path: Path) -> None:
    file = tmp_path / "mine.safetensors"
    sam.image_encoder.neck_norm.running_var.fill_(1e6)  # half precision ends at 65504
    export(sam, SMALL, file, {})
    state = load_file(file)
    assert state["image_encoder.neck.weight"].dtype == torch.float16
    variance = state["image_encoder.neck_norm.running_var"]
    assert variance.dtype == torch.float32
    assert (variance == 1e6).all()
    assert not any("num_batches" in name for name in state)


def test_a_kernel_too_large_for_half_precision_is_refused(sam: Sam, tmp_path: Path) -> None:
    file = tmp_path / "mine.safetensors"
    with torch.no_grad():
        sam.image_encoder.neck.weight.fill_(1e6)
    with pytest.raises(ValueError, match=r"image_encoder\.neck\.weight does not fit"):
        export(sam, SMALL, file, {})
    assert not file.exists()
