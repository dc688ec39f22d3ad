"""A student as a proposer of a run: it knows its one class, and how far to trust itself."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from torch import nn

from automask.config import RunConfig
from automask.errors import ConfigError
from automask.records import Choice, Mask, ObjectPrompt, Proposal, ProposalSet, Scene
from automask.sam.device import dtype_of, synchronize
from automask.sam.outline import Drawing, load_outline
from automask.train.calibration import confidence
from automask.train.detection import detect
from automask.train.extra import require_training_packages
from automask.train.files import StudentNotes
from automask.train.probability import Probability, expected_iou, probability_map
from automask.train.settings import Way
from automask.train.student import load_student

RAISED, LOWERED = 0.7, 0.3  # of the probability, between which a stable mask hardly changes
UNCALIBRATED = "uncalibrated"
NATIVE_SIDE = 1024  # of closeups: a student of whole pixels sees no coarser cells
SMALLEST_PX = 4  # of connected parts: below, noise


def load_student_proposer(
    file: Path, config: RunConfig, device: str, mapped: Path | None = None
) -> StudentProposer:
    """The student in a file, on the device. Raises InstallationError, WeightsError, ConfigError."""
    require_training_packages()
    net, notes = load_student(file, mapped)
    if config.propose.max_side is not None:
        raise ConfigError("propose.max_side: a student's own size is in its file; train another")
    way = Way.checked(config.propose.settings)
    proposer = StudentProposer(net.to(device), notes, way, config.has_primary_object)
    if config.refine.outline == "refiner":
        dtype = dtype_of(config.precision, proposer.device)
        proposer.outline = load_outline(proposer.device, dtype, config.weights)
    return proposer


class StudentProposer(Drawing):
    """Proposes the mask of its class, chosen already, or each object by itself.

    is_primary: whether one mask of the photograph is wanted; else each connected part of it, or
    each object of a Mask R-CNN, is a proposal of its own.
    """

    def __init__(
        self, net: nn.Module, notes: StudentNotes, way: Way, is_primary: bool = True
    ) -> None:
        self.net, self.notes, self.way, self.is_primary = net, notes, way, is_primary
        self.max_side = notes.view.size
        self.mask_side = notes.view.size or NATIVE_SIDE
        self.look_again_below = 0.0  # never: it has seen all that it can
        self.device = next(net.parameters()).device
        self.dtype = str(dtype_of("auto", self.device)).removeprefix("torch.")

    def propose(self, image_rgb: NDArray[np.uint8]) -> ProposalSet:
        """What it sees in an H x W x 3 uint8 RGB image, with the seconds of encode and decode."""
        synchronize(self.device)
        began = time.perf_counter()
        found = self._found(image_rgb)
        synchronize(self.device)
        seconds = {"encode": time.perf_counter() - began, "decode": 0.0}
        return ProposalSet(found.proposals, found.scene, seconds, found.choice, found.probability)

    def look_again(self, image_rgb: NDArray[np.uint8], mask: Mask) -> ProposalSet:
        """Never asked for: see `look_again_below`."""
        raise NotImplementedError

    def answer(
        self, image_rgb: NDArray[np.uint8], prompts: Sequence[ObjectPrompt], iterations: int
    ) -> ProposalSet:
        """Never asked for: a run with prompts refuses a student before any work."""
        raise NotImplementedError

    def _found(self, image_rgb: NDArray[np.uint8]) -> ProposalSet:
        if self.notes.net.arch == "maskrcnn":
            return self._objects(image_rgb)
        likely = probability_map(self.net, image_rgb, self.notes.view, self.way)
        if not self.is_primary:
            return _set(_parts(likely), likely)
        whole = _proposal(likely)
        return _set([whole], likely, self._choice(whole, likely))

    def _choice(self, whole: Proposal, likely: Probability) -> Choice:
        if not whole.mask.any():
            return Choice(None, 0.0, 0.0)
        expected = expected_iou(likely)
        sure = confidence(self.notes.calibration, expected)
        flags = () if self.notes.calibration.images else (UNCALIBRATED,)
        return Choice(0, expected, sure, flags=flags)

    def _objects(self, image_rgb: NDArray[np.uint8]) -> ProposalSet:
        """Objects by falling score; where one is wanted, the surest."""
        detected = detect(self.net, image_rgb, image_rgb.shape)
        proposals = [_proposal(one.soft, one.score) for one in detected]
        likely = np.max([one.soft * one.score for one in detected], axis=0) if detected else None
        if not self.is_primary:
            return _set(proposals, likely)
        if not proposals or not proposals[0].mask.any():
            return _set(proposals, likely, Choice(None, 0.0, 0.0))
        score = proposals[0].predicted_iou
        return _set(proposals, likely, Choice(0, score, score, flags=(UNCALIBRATED,)))


def _set(
    proposals: list[Proposal], likely: Probability | None, choice: Choice | None = None
) -> ProposalSet:
    return ProposalSet(proposals, Scene(), {}, choice, likely)


def _proposal(likely: Probability, predicted: float | None = None) -> Proposal:
    """The mask of a map of probabilities; at another size it is cut from the map, not the mask."""
    raised = float(np.count_nonzero(likely >= RAISED))
    lowered = float(np.count_nonzero(likely >= LOWERED))

    def cut(size: tuple[int, int]) -> Mask:
        soft = cv2.resize(likely, size[::-1], interpolation=cv2.INTER_LINEAR)
        return np.asarray(soft >= 0.5)

    return Proposal(
        mask=likely >= 0.5,
        predicted_iou=expected_iou(likely) if predicted is None else predicted,
        stability_score=raised / lowered if lowered else 0.0,
        cut=cut,
    )


def _parts(likely: Probability) -> list[Proposal]:
    """Each connected part of the mask as a proposal: drops on a window do not touch."""
    mask = (likely >= 0.5).astype(np.uint8)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    parts = []
    for index in range(1, count):
        if stats[index, cv2.CC_STAT_AREA] >= SMALLEST_PX:
            # With what is around it, up to half way to nothing, so that its outline can be cut.
            near = cv2.dilate((labels == index).astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
            other = (labels > 0) & (labels != index)
            parts.append(_proposal(np.where(near & ~other, likely, 0).astype(np.float32)))
    return parts
