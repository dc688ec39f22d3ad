"""The settings of a training. Imports no torch."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, ValidationError, field_validator, model_validator

from automask.errors import ConfigError
from automask.result_settings import Section

Arch = Literal["unet", "deeplabv3", "deeplabv3+", "fcn", "maskrcnn"]
Loss = Literal["bce", "dice", "bce+dice", "bce+iou", "focal"]
LabelsKind = Literal["binary", "trimap", "objects"]

DEFAULT_ENCODER = "timm-tf_efficientnet_lite0"
DEFAULT_SIZE = 256  # px
# The deepest features of the encoders are at 1/32 of the input.
STRIDE = 32


class NetConfig(Section):
    """What has to be known to build the network; a student's file holds it."""

    arch: Arch = "unet"
    encoder: str = DEFAULT_ENCODER  # a name of segmentation-models-pytorch
    labels: LabelsKind = "binary"

    @model_validator(mode="after")
    def _objects_are_mask_rcnn(self) -> NetConfig:
        if (self.labels == "objects") != (self.arch == "maskrcnn"):
            raise ValueError(
                "labels objects and arch maskrcnn go together: the other networks do not separate "
                "neighbouring objects"
            )
        return self

    @property
    def classes(self) -> int:
        """Channels of logits: the object, or foreground, background and contour."""
        return 3 if self.labels == "trimap" else 1


class ViewConfig(Section):
    """How a photograph is shown to the network, in training as in use."""

    size: int = Field(DEFAULT_SIZE, ge=0, le=4096)  # px of the longer side; 0: as it is
    tile: int = Field(0, ge=0, le=4096)  # px of a square part; 0: the photograph as a whole

    @model_validator(mode="after")
    def _sides_suit_the_encoder(self) -> ViewConfig:
        for name, side in (("size", self.size), ("tile", self.tile)):
            if side and side < STRIDE:
                raise ValueError(f"{name} must be at least {STRIDE} px, or 0")
        if self.tile % STRIDE:
            raise ValueError(f"tile must be a multiple of {STRIDE} px")
        if not self.size and not self.tile:
            raise ValueError("without a tile, size must say how large a photograph is shown")
        return self

    @property
    def side(self) -> int:
        """px of the square that the network is trained on."""
        return self.tile or -(-self.size // STRIDE) * STRIDE


WAY_SETTINGS = ("overlap", "flips")


@dataclass(frozen=True)
class Way:
    """How a student looks: settings that a run may change."""

    overlap: float = 0.25  # of neighbouring tiles, as a share of their side
    flips: bool = False  # whether the mirrored photograph is predicted as well

    @classmethod
    def checked(cls, settings: dict[str, object]) -> Way:
        """Raise ConfigError for unknown settings and values out of range."""
        if unknown := sorted(set(settings) - set(WAY_SETTINGS)):
            raise ConfigError(
                f"a student has no setting {', '.join(unknown)}; it has {', '.join(WAY_SETTINGS)}"
            )
        overlap, flips = settings.get("overlap", cls.overlap), settings.get("flips", cls.flips)
        if not isinstance(overlap, (int, float)) or not 0 <= overlap <= 0.9:
            raise ConfigError(f"overlap must be a share of 0 to 0.9, not {overlap!r}")
        return cls(float(overlap), bool(flips))


class TrainConfig(Section):
    """A whole training. What is not in `IN_PLACE` makes another student."""

    source: Path  # output of a run, or a folder with images/ and masks/, trimaps/ or objects/
    out: Path
    images: Path | None = None
    values: str | None = None  # what the values of masks mean
    truth: Path | None = None  # true masks to learn from in the place of the run's
    net: NetConfig = NetConfig()
    view: ViewConfig = ViewConfig()
    weights: str = "imagenet"  # imagenet, none, or a student to go on from
    loss: Loss = "bce+dice"
    regions: str | None = None
    region_shares: tuple[float, ...] = ()  # of the tiles; none: the same for each region
    split: str = "0.6/0.2/0.2"  # shares, or patterns of names
    holdout: int = Field(0, ge=0)  # pairs that nothing else sees
    min_confidence: float = Field(0.0, ge=0, le=1)
    epochs: int = Field(30, ge=1)
    steps: int | None = Field(None, ge=1)  # in the place of epochs
    batch: int = Field(8, ge=1)
    rate: float = Field(1e-3, gt=0)  # of AdamW, at its highest
    seed: int = Field(0, ge=0)
    limit: int | None = Field(None, ge=1)  # photographs to learn from, see `--sizes`
    device: str = Field("auto", pattern=r"^(auto|cpu|mps|cuda(:\d+)?)$")

    @field_validator("region_shares")
    @classmethod
    def _shares_are_shares(cls, shares: tuple[float, ...]) -> tuple[float, ...]:
        if shares and (min(shares) < 0 or abs(sum(shares) - 1) > 1e-6):
            raise ValueError("shares of the regions must be 0 or more and add up to 1")
        return shares

    @model_validator(mode="after")
    def _regions_need_tiles(self) -> TrainConfig:
        if self.regions is not None and not self.view.tile:
            raise ValueError("regions say where tiles are drawn from, and need a tile")
        if self.regions is not None and self.net.arch == "maskrcnn":
            raise ValueError("regions do not go with maskrcnn: a tile would cut its objects")
        if self.region_shares and self.regions is None:
            raise ValueError("region_shares need regions")
        return self

    def identity(self) -> dict[str, Any]:
        """What makes the student what it is; a training is gone on with only where it agrees."""
        return self.model_dump(mode="json", exclude={"out", "device"})


def train_config(values: dict[str, Any]) -> TrainConfig:
    """The settings, checked. Raises ConfigError, naming what is wrong."""
    try:
        return TrainConfig.model_validate(values)
    except ValidationError as error:
        faults = [
            f"  {'.'.join(map(str, e['loc'])) or 'settings'}: "
            f"{re.sub('^Value error, ', '', e['msg'])} (got {e['input']!r:.60})"
            for e in error.errors()
        ]
        raise ConfigError("wrong settings of the training:\n" + "\n".join(faults)) from error
