"""From files to models; official architectures get checkpoints that the tests write themselves."""

from __future__ import annotations

import pickle
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file
from segment_anything import sam_model_registry
from segment_anything.modeling import Sam

import automask
from automask.errors import DeviceError, WeightsError
from automask.sam.build import build
from automask.sam.share import share
from automask.sam.weights import Weights, locate


@pytest.fixture(scope="module")
def tiny() -> Weights:
    return locate("tiny")


def mapped_files() -> str:
    return Path("/proc/self/maps").read_text()


def test_load_model_gives_the_packages_own_object_in_eval_mode() -> None:
    model = automask.load_model("tiny")
    assert isinstance(model, Sam)
    assert not model.training
    assert next(model.parameters()).dtype == torch.float32


def test_workers_map_one_shared_copy_of_the_weights(tiny: Weights, tmp_path: Path) -> None:
    copy = share(tiny, tmp_path)
    model = build(tiny, copy)
    assert str(copy) in mapped_files()
    original = load_file(tiny.file)["mask_decoder.iou_token.weight"]
    assert torch.equal(model.mask_decoder.iou_token.weight, original.float())


def test_a_truncated_file_is_an_error_not_a_crash(tiny: Weights, tmp_path: Path) -> None:
    cut = tmp_path / "cut.safetensors"
    cut.write_bytes(tiny.file.read_bytes()[:100_000])
    with pytest.raises(WeightsError, match=r"cut\.safetensors"):
        build(replace(tiny, file=cut))


def test_weights_of_another_architecture_are_refused(tiny: Weights, tmp_path: Path) -> None:
    other = tmp_path / "other.safetensors"
    save_file({"a": torch.zeros(1)}, other)
    with pytest.raises(WeightsError, match="does not fit the architecture"):
        build(replace(tiny, file=other))


def test_a_pickle_that_would_run_code_is_refused(tmp_path: Path) -> None:
    class Harmful:
        def __reduce__(self) -> Any:
            return (Path.touch, (tmp_path / "harmed",))

    evil = tmp_path / "evil.pth"
    evil.write_bytes(pickle.dumps({"model": Harmful()}))
    with pytest.raises(WeightsError, match="cannot be read as a checkpoint"):
        build(locate(str(evil), arch="vit_b"))
    assert not (tmp_path / "harmed").exists()


def test_a_device_that_is_not_there_is_named() -> None:
    missing = f"cuda:{torch.cuda.device_count()}"
    with pytest.raises(DeviceError, match=missing):
        automask.load_model("tiny", device=missing)


@pytest.mark.slow
def test_an_official_sam_checkpoint_is_mapped_and_segments(tmp_path: Path) -> None:
    torch.manual_seed(0)
    file = tmp_path / "sam_vit_b.pth"
    torch.save(sam_model_registry["vit_b"]().state_dict(), file)
    weights = locate(str(file), arch="vit_b")
    model = build(weights)
    assert isinstance(model, Sam)
    assert str(share(weights, tmp_path)) == str(file)
    assert str(file) in mapped_files()
    keep_all = {"pred_iou_thresh": 0.0, "stability_score_thresh": 0.0, "points_per_side": 1}
    records = automask.make_generator(model, "stock", **keep_all).generate(gray_image())
    assert all(r["segmentation"].shape == (48, 64) for r in records)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["sam2_hiera_tiny", "sam2.1_hiera_tiny"])
def test_an_official_sam2_checkpoint_is_loaded_and_segments(name: str, tmp_path: Path) -> None:
    from sam2.build_sam import build_sam2
    from sam2.modeling.sam2_base import SAM2Base

    torch.manual_seed(0)
    config = {"sam2_hiera_tiny": "sam2/sam2_hiera_t", "sam2.1_hiera_tiny": "sam2.1/sam2.1_hiera_t"}
    file = tmp_path / f"{name}.pt"
    torch.save(
        {"model": build_sam2(f"configs/{config[name]}.yaml", device="cpu").state_dict()}, file
    )
    model = build(locate(str(file), arch=name))
    assert isinstance(model, SAM2Base)
    assert str(file) in mapped_files()
    keep_all = {"pred_iou_thresh": 0.0, "stability_score_thresh": 0.0, "points_per_side": 1}
    records = automask.make_generator(model, "stock", **keep_all).generate(gray_image())
    assert all(r["segmentation"].shape == (48, 64) for r in records)


def gray_image() -> Any:
    import numpy as np

    image = np.full((48, 64, 3), 90, np.uint8)
    image[12:36, 16:48] = 200
    return image
