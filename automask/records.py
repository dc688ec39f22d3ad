"""What passes between the stations of an image's way, and the ledger that it ends in.

This module imports no stage.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import MISSING, Field, asdict, dataclass, field, fields
from typing import Any, Final, Literal, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

Status = Literal["ok", "no_object", "failed"]
OK: Final = "ok"
NO_OBJECT: Final = "no_object"
FAILED: Final = "failed"
LOW_CONFIDENCE = 0.5  # below, a mask is more likely bad (IoU < 0.8) than good


class Mark(NamedTuple):
    """What a result's file was when it was written."""

    mtime_ns: int  # modification time, ns since the epoch
    sha256: str  # hex

    def __str__(self) -> str:
        return f"{self.sha256}@{self.mtime_ns}"


@dataclass(frozen=True, slots=True)  # a run may have a million
class Left:
    """What an earlier run left of an image, as its record tells; see image/results.py."""

    kinds: tuple[str, ...]
    packed: bytes = b""  # a mark for each kind; b"": none were recorded
    mended: tuple[str, ...] = ()  # of `kinds`: those that a person made

    @classmethod
    def of(cls, kinds: tuple[str, ...], written: Iterable[str], mended: tuple[str, ...]) -> Left:
        """Of the fields of a record; marks that are none are left out, all together."""
        packed = []
        for text in written:
            sha256, _, mtime_ns = text.partition("@")
            try:
                packed.append(_MARK.pack(int(mtime_ns), bytes.fromhex(sha256)))
            except (ValueError, struct.error):
                return cls(kinds, b"", mended)
        return cls(kinds, b"".join(packed), mended)

    @property
    def marks(self) -> dict[str, Mark]:
        """By kind."""
        marks = (Mark(time_ns, sha256.hex()) for time_ns, sha256 in _MARK.iter_unpack(self.packed))
        return dict(zip(self.kinds, marks, strict=False))


_MARK = struct.Struct(">q32s")


@dataclass(frozen=True, slots=True)  # a run may have a million
class Job:
    """One photograph to be masked."""

    image: str  # path relative to the input folder, posix separators
    stem: str  # the output's relative path without its extension
    input_bytes: int  # size on disk, -1 where it could not be read
    input_mtime_ns: int  # modification time, ns since the epoch, -1 where it could not be read
    attempts: int = 1  # how often this image has been tried, this time included
    kinds: tuple[str, ...] = ()  # results of an earlier run that are still true
    left: Left | None = None  # all of its results; None: none, or all may be overwritten
    save: tuple[str, ...] | None = None  # kinds of results to write; None: as the config says
    prompts: str | None = None  # what the model is asked; None: it looks for itself
    why: str = field(default="", compare=False)  # it is to be masked, in a few words


Mask = NDArray[np.bool_]
Soft = NDArray[np.float32]  # 0..1, on the object above 0.5


@dataclass(frozen=True)
class Proposal:
    """One candidate mask, at the size that suits judging it: the same for all of an image."""

    mask: Mask  # H x W, of the photograph's proportions
    predicted_iou: float  # the model's own estimate of the mask's IoU, about 0..1
    stability_score: float  # IoU of the masks at a raised and a lowered threshold, 0..1
    point: tuple[float, float] | None = None  # x, y where it was asked for, fractions of the image
    # The mask at another size H, W, finer than `mask` can tell; None: there is nothing finer.
    cut: Callable[[tuple[int, int]], Mask] | None = None
    soft: Soft | None = None  # H x W, how sure the model is of each pixel; None: it did not tell


@dataclass(frozen=True)
class ObjectPrompt:
    """What a file says of one object, for the model to be asked."""

    points: tuple[tuple[float, float, bool], ...]  # x, y, and whether it is on the object
    box_xyxy: tuple[float, float, float, float] | None
    is_relative: bool  # coordinates are fractions of the photograph, else px


@dataclass(frozen=True)
class Scene:
    """What is known of a photograph beside its proposals, for the evidence; any size, its
    proportions.
    """

    image: NDArray[np.uint8] | None = None  # h x w x 3 RGB
    saliency: NDArray[np.float32] | None = None  # h x w, 0..1: where the primary object is


@dataclass(frozen=True)
class ProposalSet:
    """What a model found in one photograph."""

    proposals: list[Proposal]
    scene: Scene
    seconds: dict[str, float]  # encode, decode
    # What a proposer of one class has chosen by itself; None: the evidence is to decide.
    choice: Choice | None = None
    probability: NDArray[np.float32] | None = None  # h x w, 0..1, where it is known


class Proposer(Protocol):
    """What `sam/` gives to this side: masks for an image, with the seconds they took."""

    max_side: int  # longest side of the image it wants, px; 0: any
    mask_side: int  # logits on the longest side of the masks it makes
    look_again_below: float  # confidence below which a second look pays

    def propose(self, image_rgb: NDArray[np.uint8]) -> ProposalSet: ...

    def look_again(self, image_rgb: NDArray[np.uint8], mask: Mask) -> ProposalSet: ...

    def draw(self, image_rgb: NDArray[np.uint8], mask: Mask | Soft) -> Soft:
        """A mask (h x w) with its outline drawn on the photograph (H x W x 3): H x W."""
        ...


class Answerer(Proposer, Protocol):
    """A proposer that can be told where to look, too."""

    def answer(
        self, image_rgb: NDArray[np.uint8], prompts: Sequence[ObjectPrompt], iterations: int
    ) -> ProposalSet: ...


@dataclass(frozen=True)
class Choice:
    """The primary object among the proposals, or none."""

    index: int | None  # into the list of proposals; None: no acceptable mask
    score: float  # how likely it is the object by the evidence, 0..1; 0 where nothing was chosen
    confidence: float  # 0..1, how far the mask can be trusted
    runner_up: int | None = None  # the best proposal that shows something else
    margin: float = 0.0  # log odds between the two, capped
    terms: Mapping[str, float] = field(default_factory=dict)  # the evidence, see image/evidence.py
    flags: tuple[str, ...] = ()  # what a person should know of it: ambiguous, low_stability


@dataclass(frozen=True)
class MaskResult:
    """The result of `mask_image`."""

    mask: Mask  # H x W, True on the object; all False where there is none
    trimap: NDArray[np.uint8]  # H x W, by default 1 foreground, 2 background, 3 contour
    status: Status  # ok or no_object
    score: float  # weighted evidence for the choice, 0..1
    confidence: float  # 0..1, estimated probability of an IoU of 0.8 or more
    flags: tuple[str, ...]  # touches_border, tiny, fills_frame, ambiguous, low_stability
    seconds: dict[str, float]  # encode, decode, choose, refine
    labels: NDArray[np.uint16] | None = None  # H x W, 0 or an object's id; None: one object only
    alpha: NDArray[np.uint8] | None = None  # H x W, 0..255, where it is known; None: to be found
    probability: NDArray[np.float32] | None = None  # h x w, 0..1, of any size; None: not known
    object_scores: tuple[float, ...] = ()  # of several objects, by their ids: 0..1, of each


@dataclass(frozen=True)
class ImageRecord:
    """One line of the ledger. Times in seconds, all of them measured on this image."""

    image: str  # path below the input folder, `/` between folders
    output: str | None  # the result, relative to the output folder; None: nothing was written
    kinds: tuple[str, ...]  # results that are there, such as trimap or mask
    status: Status  # ok, no_object or failed
    error: str | None  # why it failed
    width: int | None  # of the upright photograph, px
    height: int | None  # of the upright photograph, px
    model: str  # name of the checkpoint
    model_sha256: str  # of the checkpoint's file
    device: str  # that the model computed on: cpu, cuda:0, mps
    dtype: str  # of the model's matrix multiplications: float32 or bfloat16
    generator: str  # fast or stock
    worker: str  # host:process id
    attempts: int  # how often the image was tried
    score: float | None  # evidence for the choice, 0..1
    confidence: float | None  # how far the mask can be trusted, 0..1; check it below 0.5
    area_fraction: float | None  # foreground pixels over all pixels
    flags: tuple[str, ...]  # what to look at: touches_border, tiny, fills_frame, ambiguous, ...
    seconds_load: float | None  # reading and decoding the photograph
    seconds_encode: float | None  # the image encoder, second look included
    seconds_decode: float | None  # prompts, masks and their filters
    seconds_choose: float | None  # evidence and choice
    seconds_refine: float | None  # outline, hole filling and the trimap
    seconds_write: float | None  # encoding and writing the results
    seconds_total: float | None  # of all steps
    started_at: str  # when the image was begun, ISO 8601, UTC
    memory_mb: float | None  # resident memory of the worker process after this image, MiB
    input_bytes: int  # size of the photograph's file, bytes; -1 where it could not be read
    input_mtime_ns: int  # its modification time, ns since 1970; -1 where it could not be read
    settings: str  # digest of all settings that shape a mask
    objects: int | None = None  # how many there are; None: only the primary one was wanted
    object_scores: tuple[float, ...] = ()  # of several objects, in the order of their ids, 0..1
    steps: tuple[str, ...] = ()  # what was given up for want of memory; empty: nothing
    generation: int = 0  # which run into this output, counted from 1; 0: before these were counted
    notes: tuple[str, ...] = ()  # what was chosen or guessed as the file was read; no fault
    input_hash: str | None = None  # of the file's bytes, see image/fingerprint.py
    written: tuple[str, ...] = ()  # of each of `kinds` SHA-256@modification time (ns), as written
    mended: tuple[str, ...] = ()  # of `kinds`: those that a person made; the others show the same
    prompts: str | None = None  # what the model was asked, JSON; None: it looked for itself

    @property
    def is_done(self) -> bool:
        return self.status in (OK, NO_OBJECT)

    @property
    def stem(self) -> str | None:
        """masks/sub/a.png -> sub/a, by which its results are known; None where it has none."""
        return None if self.output is None else self.output.partition("/")[2].removesuffix(".png")

    @property
    def left(self) -> Left:
        """What is left of the image where this is its newest record."""
        return Left.of(self.kinds, self.written, self.mended)


def to_line(record: ImageRecord) -> str:
    """One JSON line, pure ASCII: file names that are not UTF-8 survive as lone surrogates."""
    return json.dumps(asdict(record), ensure_ascii=True) + "\n"


def parse_line(line: str | bytes) -> ImageRecord | None:
    """The record of a line; None for a torn or foreign one, so that a crash costs one line.

    What earlier versions did not record has its default.
    """
    try:
        values: dict[str, Any] = json.loads(line)
        known = {f.name: values[f.name] for f in fields(ImageRecord) if _is_told(f, values)}
        lists = {name: tuple(known[name]) for name in _LISTS if name in known}
        return ImageRecord(**{**known, **lists})
    except (ValueError, KeyError, TypeError):  # ValueError: no JSON, no UTF-8
        return None


_LISTS = ("flags", "kinds", "steps", "notes", "written", "mended", "object_scores")


def _is_told(field_: Field[Any], values: dict[str, Any]) -> bool:
    return field_.name in values or field_.default is MISSING
