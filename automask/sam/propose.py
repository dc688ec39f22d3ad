"""propose: the masks that SAM finds in a photograph, and how long finding them took."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from automask.config import ProposeConfig
from automask.records import Proposal
from automask.sam.device import synchronize
from automask.sam.generator import generate, make_generator
from automask.sam.weights import Weights


class ModelProposer:
    """A model with its generator, timing the image encoder apart from the rest."""

    def __init__(self, model: Any, kind: str, max_side: int, settings: dict[str, Any]) -> None:
        self.max_side = max_side
        self.device = next(model.parameters()).device
        self.generator = make_generator(model, kind, **settings)
        self._encode = _Stopwatch(self.device)
        model.image_encoder.register_forward_pre_hook(self._encode.start)
        model.image_encoder.register_forward_hook(self._encode.stop)

    def propose(self, image_rgb: NDArray[np.uint8]) -> tuple[list[Proposal], dict[str, float]]:
        """Proposals for an H x W x 3 uint8 RGB image, and seconds spent on encode and decode."""
        self._encode.seconds = 0.0
        synchronize(self.device)
        began = time.perf_counter()
        records = generate(self.generator, image_rgb)
        synchronize(self.device)
        total = time.perf_counter() - began
        seconds = {"encode": self._encode.seconds, "decode": total - self._encode.seconds}
        return [to_proposal(record) for record in records], seconds


def make_proposer(model: Any, weights: Weights, kind: str, config: ProposeConfig) -> ModelProposer:
    """The proposer of a run: the config's settings over those that suit the checkpoint."""
    max_side = weights.checkpoint.max_side if config.max_side is None else config.max_side
    return ModelProposer(model, kind, max_side, config.settings)


def to_proposal(record: dict[str, Any]) -> Proposal:
    """A SAM record (any checkpoint's) as a Proposal."""
    return Proposal(
        mask=np.asarray(record["segmentation"], dtype=np.bool_),
        predicted_iou=float(record["predicted_iou"]),
        stability_score=float(record["stability_score"]),
    )


class _Stopwatch:
    """Sums the seconds between a module's forward hooks."""

    def __init__(self, device: torch.device) -> None:
        self.device = device
        self.seconds = 0.0
        self._began = 0.0

    def start(self, *_: Any) -> None:
        synchronize(self.device)
        self._began = time.perf_counter()

    def stop(self, *_: Any) -> None:
        synchronize(self.device)
        self.seconds += time.perf_counter() - self._began
