"""propose: the masks that SAM finds in a photograph, and how long finding them took."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from automask.records import Mask, ObjectPrompt, Proposal, ProposalSet, Scene
from automask.sam.again import look_again, mask_side
from automask.sam.answer import answers
from automask.sam.device import synchronize
from automask.sam.distinct import SAME_IOU
from automask.sam.fast_generator import FastCrops
from automask.sam.generator import encoder_of, generate
from automask.sam.look import FastLook
from automask.sam.outline import Drawing, Outline
from automask.sam.points import Points
from automask.sam.saliency import Saliency

# Asks for masks of a photograph, by points of the grid or otherwise, and gives what was found.
Search = Callable[[FastLook, Points, Scene], list[Proposal]]


class ModelProposer(Drawing):
    """A model with its generator, timing the image encoder apart from the rest.

    search: see points.py, guided.py and boxes.py; None: the full grid of points is asked.
    saliency: see saliency.py; None: the scene has none. look_again_below: confidence below which a
    second look pays. same_iou: two masks more alike than this are one. wants_salient: whether the
    saliency map is a proposal too, where the generator's own look gives one. outline: what `draw`
    draws with.
    """

    def __init__(
        self,
        generator: Any,
        max_side: int,
        search: Search | None = None,
        saliency: Saliency | None = None,
        look_again_below: float = 0.0,
        same_iou: float = SAME_IOU,
        wants_salient: bool = True,
        outline: Outline | None = None,
    ) -> None:
        self.max_side, self.look_again_below = max_side, look_again_below
        self.same_iou, self.wants_salient = same_iou, wants_salient
        self.outline = outline
        self.mask_side = mask_side(generator.predictor.model)
        self.generator, self.search, self.saliency = generator, search, saliency
        self.device = generator.predictor.device
        self.dtype = str(getattr(generator, "dtype", torch.float32)).removeprefix("torch.")
        self._encode = _Stopwatch(self.device)
        for encoder in {encoder_of(generator), *([saliency.encoder] if saliency else [])}:
            encoder.register_forward_pre_hook(self._encode.start)
            encoder.register_forward_hook(self._encode.stop)

    def propose(self, image_rgb: NDArray[np.uint8]) -> ProposalSet:
        """What is found in an H x W x 3 uint8 RGB image, with seconds of encode and decode.

        Decode is all but the encoders: also deciding where to ask next.
        """
        with self._timed() as seconds:
            proposals, scene = self._found(image_rgb)
        return ProposalSet(proposals, scene, seconds)

    def look_again(self, image_rgb: NDArray[np.uint8], mask: Mask) -> ProposalSet:
        """One proposal for the object of a mask, seen closer: see again.py."""
        with self._timed() as seconds:
            again = look_again(self.generator, image_rgb, mask)
        return ProposalSet([again], Scene(), seconds)

    def answer(
        self, image_rgb: NDArray[np.uint8], prompts: Sequence[ObjectPrompt], iterations: int
    ) -> ProposalSet:
        """A proposal for each prompt, in fractions of the image: see answer.py."""
        with self._timed() as seconds:
            found = list(answers(self.generator.predictor, image_rgb, prompts, iterations))
        return ProposalSet(found, Scene(), seconds)

    @contextmanager
    def _timed(self) -> Iterator[dict[str, float]]:
        """Seconds of encode and decode, known when the block has ended."""
        seconds: dict[str, float] = {}
        self._encode.seconds = 0.0
        synchronize(self.device)
        began = time.perf_counter()
        yield seconds
        synchronize(self.device)
        seconds["encode"] = self._encode.seconds
        seconds["decode"] = time.perf_counter() - began - self._encode.seconds

    def _found(self, image_rgb: NDArray[np.uint8]) -> tuple[list[Proposal], Scene]:
        """Masks as small as suits judging them where the generator can, else full size."""
        if not isinstance(self.generator, FastCrops) or not self.generator.looks_once:
            records = generate(self.generator, image_rgb)
            return [to_proposal(record) for record in records], self._scene(image_rgb)
        grid = np.asarray(self.generator.point_grids[0])
        with torch.inference_mode():
            look = FastLook(self.generator, image_rgb, self.same_iou)
            scene = self._scene(image_rgb, look.saliency)
            return [*self._asked(look, grid, scene), *self._salient(look)], scene

    def _asked(self, look: FastLook, grid: Points, scene: Scene) -> list[Proposal]:
        if self.search is not None:
            return self.search(look, grid, scene)
        look.ask(grid)
        return look.proposals()

    def _salient(self, look: FastLook) -> list[Proposal]:
        """Of all objects it would be the union: no proposal of one of them."""
        return look.salient() if self.saliency is not None and self.wants_salient else []

    def _scene(
        self, image_rgb: NDArray[np.uint8], seen: NDArray[np.float32] | None = None
    ) -> Scene:
        """seen: the saliency map, where the look that was taken gave one already."""
        if self.saliency is None:
            return Scene(image_rgb)
        return Scene(image_rgb, self.saliency(image_rgb) if seen is None else seen)


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
