"""A model that a person talks to: photographs encoded once, then asked by points, boxes and masks.

Through the SAM packages' own predictors, so that every checkpoint answers as its authors meant it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from automask.records import Mask
from automask.sam import build  # noqa: F401  first: it explains a broken torch installation
from automask.sam.again import mask_prompt
from automask.sam.predictor import predictor_of

import torch  # isort: skip
from segment_anything.modeling import Sam  # isort: skip

Logits = NDArray[np.float32]
# What a predictor knows of the photograph that it has encoded, by class.
SAM_STATE = ("features", "original_size", "input_size", "input_h", "input_w", "is_image_set")
SAM2_STATE = ("_features", "_orig_hw", "_is_image_set", "_is_batch")


@dataclass(frozen=True)
class Embedding:
    """A photograph as the model sees it."""

    state: dict[str, Any] = field(repr=False)  # of the predictor
    size: tuple[int, int]  # H, W of the picture that was encoded, px

    @property
    def bytes(self) -> int:
        """Memory that it holds."""
        return sum(_bytes(value) for value in self.state.values())


@dataclass(frozen=True)
class Question:
    """The prompts on a photograph; coordinates are fractions of it, x before y."""

    points: Sequence[tuple[float, float]] = ()
    labels: Sequence[bool] = ()  # of each point, whether it is on the object
    box_xyxy: tuple[float, float, float, float] | None = None
    previous: Logits | None = None  # 1 x s x s, the low-resolution logits of an earlier answer
    is_ambiguous: bool = False  # three answers instead of one


@dataclass(frozen=True)
class Answer:
    """K masks that answer a question."""

    logits: Logits  # K x H x W, of the picture that was encoded; above 0: the object
    predicted_iou: NDArray[np.float32]  # K, the model's own estimate
    low: Logits  # K x s x s, to be fed back as `Question.previous`


class Interactive:
    """One model, for one thread at a time; a second object of the same model serves another.

    predictor: of the model, such as a generator's with its faster encoder; None: a new one.
    """

    def __init__(self, model: Any, predictor: Any = None) -> None:
        self.predictor = predictor or predictor_of(model)
        self._names = SAM_STATE if isinstance(model, Sam) else SAM2_STATE

    def embed(self, image_rgb: NDArray[np.uint8]) -> Embedding:
        """Encodes a picture, H x W x 3 uint8 RGB."""
        with torch.inference_mode():
            self.predictor.set_image(image_rgb)
        state = {name: getattr(self.predictor, name) for name in self._names if self._has(name)}
        return Embedding(state, (image_rgb.shape[0], image_rgb.shape[1]))

    def ask(self, embedding: Embedding, question: Question) -> Answer:
        """The masks that answer a question of an encoded picture."""
        self._restore(embedding)
        height, width = embedding.size
        points, box = np.array(question.points, np.float32), question.box_xyxy
        with torch.inference_mode():
            logits, scores, low = self.predictor.predict(
                point_coords=points * (width, height) if len(points) else None,
                point_labels=np.array(question.labels, int) if len(points) else None,
                box=None if box is None else np.multiply(box, (width, height) * 2, dtype=float),
                mask_input=question.previous,
                multimask_output=question.is_ambiguous,
                return_logits=True,
            )
        return Answer(*(np.asarray(values, np.float32) for values in (logits, scores, low)))

    def as_previous(self, mask: Mask) -> Logits:
        """A mask (h x w, of the picture's proportions) as if the model had given it, 1 x s x s."""
        return mask_prompt(self.predictor, mask)

    def _has(self, name: str) -> bool:
        return hasattr(self.predictor, name)

    def _restore(self, embedding: Embedding) -> None:
        for name, value in embedding.state.items():
            setattr(self.predictor, name, value)


def _bytes(value: Any) -> int:
    if torch.is_tensor(value):
        return int(value.element_size() * value.nelement())
    if isinstance(value, dict):
        return sum(map(_bytes, value.values()))
    return sum(map(_bytes, value)) if isinstance(value, list | tuple) else 0
