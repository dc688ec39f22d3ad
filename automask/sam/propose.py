"""propose: the masks that SAM finds in a photograph, and how long finding them took."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from automask.records import Proposal
from automask.sam.device import synchronize
from automask.sam.fast_generator import FastCrops
from automask.sam.generator import encoder_of, generate
from automask.sam.look import FastLook
from automask.sam.points import Contenders, coarse_to_fine


class ModelProposer:
    """A model with its generator, timing the image encoder apart from the rest.

    contenders: which of some proposals may be the primary object, see points.py; None: the full
    grid of points is asked.
    """

    def __init__(self, generator: Any, max_side: int, contenders: Contenders | None = None) -> None:
        self.max_side = max_side
        self.generator, self.contenders = generator, contenders
        self.device = generator.predictor.device
        self.dtype = str(getattr(generator, "dtype", torch.float32)).removeprefix("torch.")
        self._encode = _Stopwatch(self.device)
        encoder = encoder_of(generator)
        encoder.register_forward_pre_hook(self._encode.start)
        encoder.register_forward_hook(self._encode.stop)

    def propose(self, image_rgb: NDArray[np.uint8]) -> tuple[list[Proposal], dict[str, float]]:
        """Proposals for an H x W x 3 uint8 RGB image, and seconds spent on encode and decode.

        Decode is all but the encoder: also deciding where to ask next.
        """
        self._encode.seconds = 0.0
        synchronize(self.device)
        began = time.perf_counter()
        proposals = self._proposals(image_rgb)
        synchronize(self.device)
        total = time.perf_counter() - began
        seconds = {"encode": self._encode.seconds, "decode": total - self._encode.seconds}
        return proposals, seconds

    def _proposals(self, image_rgb: NDArray[np.uint8]) -> list[Proposal]:
        """Masks as small as suits judging them where the generator can, else full size."""
        if not isinstance(self.generator, FastCrops) or not self.generator.looks_once:
            return [to_proposal(record) for record in generate(self.generator, image_rgb)]
        grid = np.asarray(self.generator.point_grids[0])
        with torch.inference_mode():
            look = FastLook(self.generator, image_rgb)
            if self.contenders is not None:
                return coarse_to_fine(look, grid, self.contenders)
            look.ask(grid)
            return look.proposals()


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
