"""The networks: those of segmentation-models-pytorch, and torchvision's heads on its encoders."""

from __future__ import annotations

from collections import OrderedDict
from typing import Any

import segmentation_models_pytorch as smp
import torch
from torch import Tensor, nn
from torchvision.models.detection import MaskRCNN
from torchvision.models.segmentation.fcn import FCNHead
from torchvision.ops import FeaturePyramidNetwork
from torchvision.ops.feature_pyramid_network import LastLevelMaxPool

from automask.errors import ConfigError, WeightsError
from automask.train.imagenet import PACKAGES, imagenet_state
from automask.train.settings import STRIDE, NetConfig

SMP_CLASSES = {"unet": smp.Unet, "deeplabv3": smp.DeepLabV3, "deeplabv3+": smp.DeepLabV3Plus}
FCN_STRIDE = 8  # as torchvision's own FCN has it
PYRAMID_CHANNELS = 128  # of Mask R-CNN; its paper has 256, for ResNets and 80 classes


def build_net(config: NetConfig) -> nn.Module:
    """The network with random weights. Raises ConfigError for an encoder that does not suit it.

    Of images B x 3 x S x S it makes logits B x C x S x S; Mask R-CNN is torchvision's own.
    """
    make_encoder(config.encoder)  # first: it knows what is wrong with a name
    try:
        if config.arch == "maskrcnn":
            return _mask_rcnn(make_encoder(config.encoder))
        if config.arch == "fcn":
            return Fcn(make_encoder(config.encoder, FCN_STRIDE), config.classes)
        return SMP_CLASSES[config.arch](
            config.encoder, encoder_weights=None, classes=config.classes
        )
    except (KeyError, ValueError, NotImplementedError) as error:
        raise ConfigError(
            f"encoder {config.encoder} does not suit {config.arch}: {error}"
        ) from error


def make_encoder(name: str, stride: int = STRIDE) -> Any:
    """An encoder of segmentation-models-pytorch with random weights. Raises ConfigError.

    stride: px of the input for one of the deepest features; fewer by dilated convolutions.
    """
    if name not in smp.encoders.encoders and not name.startswith("tu-"):
        near = [known for known in smp.encoders.encoders if name.split("_")[0] in known]
        raise ConfigError(
            f"segmentation-models-pytorch has no encoder {name!r}; it has "
            f"{', '.join(near or list(smp.encoders.encoders)[:12])}"
        )
    try:
        return smp.encoders.get_encoder(name, weights=None, output_stride=stride)
    except (KeyError, ValueError, RuntimeError) as error:
        raise ConfigError(f"encoder {name}: {error}") from error


def load_imagenet(net: nn.Module, encoder: str) -> None:
    """Begins with ImageNet weights: those of a registry package, else the library's download.

    Raises InstallationError or WeightsError, each with what to do.
    """
    module = encoder_of(net)
    if encoder in PACKAGES:
        own = list(module.state_dict())
        names = [*own, "classifier.weight", "classifier.bias"]
        state = imagenet_state(encoder, names)
        module.load_state_dict({name: state[name] for name in own})
        return
    try:
        downloaded = smp.encoders.get_encoder(encoder, weights="imagenet")
    except Exception as error:  # a dozen kinds, from no such weights to no network
        raise WeightsError(
            f"cannot get ImageNet weights of {encoder}: {error}\nbegin with --weights none, or "
            f"take an encoder whose weights a package brings: {', '.join(PACKAGES)}"
        ) from error
    module.load_state_dict(downloaded.state_dict())


def encoder_of(net: nn.Module) -> nn.Module:
    """The part of a network that ImageNet weights are for."""
    if isinstance(net, MaskRCNN):
        return net.backbone.encoder
    encoder: nn.Module = net.encoder
    return encoder


class Fcn(nn.Module):
    """torchvision's FCN head on the deepest features."""

    def __init__(self, encoder: Any, classes: int) -> None:
        super().__init__()
        self.encoder = encoder
        self.head = FCNHead(encoder.out_channels[-1], classes)

    def forward(self, images: Tensor) -> Tensor:
        """B x 3 x H x W, sides multiples of 32, to B x C x H x W."""
        logits = self.head(self.encoder(images)[-1])
        return nn.functional.interpolate(logits, images.shape[2:], mode="bilinear")


class _Pyramid(nn.Module):
    """Features of an encoder from 1/4 on, as Mask R-CNN wants them."""

    def __init__(self, encoder: Any) -> None:
        super().__init__()
        self.encoder = encoder
        self.out_channels = PYRAMID_CHANNELS
        channels = list(encoder.out_channels[2:])
        self.pyramid = FeaturePyramidNetwork(channels, PYRAMID_CHANNELS, LastLevelMaxPool())

    def forward(self, images: Tensor) -> dict[str, Tensor]:
        deep = self.encoder(images)[2:]
        named = OrderedDict((str(level), features) for level, features in enumerate(deep))
        return self.pyramid(named)


def _mask_rcnn(encoder: Any) -> MaskRCNN:
    """torchvision's Mask R-CNN for one class; it is given images at the size that they shall have.

    Sizes of anchors follow its paper, for photographs of `--size` px instead of 800.
    """
    from torchvision.models.detection.anchor_utils import AnchorGenerator

    sizes = tuple((side,) for side in (16, 32, 64, 128, 256))
    anchors = AnchorGenerator(sizes, ((0.5, 1.0, 2.0),) * len(sizes))
    return MaskRCNN(
        _Pyramid(encoder),
        num_classes=2,
        rpn_anchor_generator=anchors,
        image_mean=[0.0, 0.0, 0.0],  # they come normalised
        image_std=[1.0, 1.0, 1.0],
        _skip_resize=True,  # they have the size that they shall have
        rpn_pre_nms_top_n_train=500,
        rpn_post_nms_top_n_train=250,
        rpn_pre_nms_top_n_test=250,
        rpn_post_nms_top_n_test=100,
        box_batch_size_per_image=64,
        box_detections_per_img=50,
    )


def parameters_of(net: nn.Module) -> int:
    """How many numbers a network has learned."""
    return sum(parameter.numel() for parameter in net.parameters())


def use_channels_last(net: nn.Module) -> nn.Module:
    """In memory as depthwise convolutions are fast: their backward pass is 80 times slower else."""
    return net.to(memory_format=torch.channels_last)
