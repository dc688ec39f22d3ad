"""The trainable weights of each family of models, and their loss.

In `tiny` all weights are trained, on random views. In SAM and SAM 2 only the mask decoder is: their
image encoders were trained on millions of images, and embeddings computed once serve every step.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from segment_anything.modeling import Sam
from segment_anything.predictor import SamPredictor
from torch import Tensor, nn

from automask.image.sizes import shrink
from automask.labelled.folder import Labelled
from automask.sam.device import autocast
from automask.tiny_training.augment import View, letterbox, plain_view
from automask.tiny_training.batch import Batch, draw_batch, quarter
from automask.tiny_training.compose import components
from automask.tiny_training.data import Pair
from automask.tiny_training.losses import prompt_loss
from automask.tiny_training.objective import batch_losses, set_frame, total
from automask.tiny_training.prompts import Prompts, sample_prompts

HELD_OUT_DRAWS = 4  # prompts of each held-out pair; more make the early stop less noisy
BACKBONE_RATE = 0.2  # of the learning rate, as in tiny's own training
REFINE_SHARE = 0.15  # share of tiny's steps that repeat the prompts with the predicted mask


class Tunable(Protocol):
    """A model with its reviewed pairs, ready to be fitted."""

    learning_rate: float

    def parameters(self) -> list[nn.Parameter]:
        """The trainable parameters."""
        ...

    def rates(self) -> list[tuple[list[nn.Parameter], float]]:
        """The same parameters in groups, each with its share of the learning rate."""
        ...

    def training_loss(self, rng: np.random.Generator) -> Tensor:
        """Loss of a random batch, with gradients."""
        ...

    def held_out_loss(self) -> float:
        """Mean loss of the held-out pairs with the same prompts each time."""
        ...


class TinyTunable:
    """The bundled model: all weights are trained, batch statistics stay."""

    learning_rate = 1e-4
    batch_size = 8

    def __init__(self, sam: Sam, learn: Sequence[Labelled], held_out: Sequence[Labelled]) -> None:
        self.sam = sam.eval()
        self.size = int(sam.image_encoder.img_size)
        set_frame(sam, self.size)
        self.learn = [_pair(r, 2 * self.size) for r in learn]
        views = [_whole(_pair(r, 2 * self.size), self.size) for r in held_out]
        self.fixed = [Batch([view], prompts) for view in views for prompts in _fixed_prompts(view)]

    def parameters(self) -> list[nn.Parameter]:
        """See `Tunable.parameters`."""
        return list(self.sam.parameters())

    def rates(self) -> list[tuple[list[nn.Parameter], float]]:
        """The backbone, which has seen more pictures than these, learns the least."""
        backbone = list(getattr(self.sam.image_encoder, "backbone", nn.Module()).parameters())
        known = set(map(id, backbone))
        rest = [p for p in self.parameters() if id(p) not in known]
        return [(rest, 1.0), *([(backbone, BACKBONE_RATE)] if backbone else [])]

    def training_loss(self, rng: np.random.Generator) -> Tensor:
        """See `Tunable.training_loss`."""
        batch = draw_batch(self.learn, self.size, self.batch_size, rng, plain_view)
        return total(batch_losses(self.sam, batch, refine=rng.random() < REFINE_SHARE))

    @torch.no_grad()
    def held_out_loss(self) -> float:
        """See `Tunable.held_out_loss`."""
        losses = [total(batch_losses(self.sam, batch, refine=False)) for batch in self.fixed]
        return float(torch.stack(losses).mean())


@dataclass(frozen=True)
class EncodedView:
    """A view with its embedding."""

    view: View
    features: Any  # as returned by the family's `encode`


class DecoderTunable:
    """SAM or SAM 2: the mask decoder is trained, on each photograph and its mirror image."""

    learning_rate = 1e-4
    batch_size = 4

    def __init__(self, model: Any, learn: Sequence[Labelled], held_out: Sequence[Labelled]) -> None:
        self.model = model.eval().requires_grad_(False)
        self.answering: PromptAdapter = (
            SamAdapter(model) if isinstance(model, Sam) else Sam2Adapter(model)
        )
        self.decoder = self.answering.decoder.requires_grad_(True)
        self.learn = [self._shown(v) for r in learn for v in _both_ways(r)]
        shown = [self._shown(r) for r in held_out]
        self.fixed = [(s, prompts) for s in shown for prompts in _fixed_prompts(s.view)]

    def parameters(self) -> list[nn.Parameter]:
        """See `Tunable.parameters`."""
        return list(self.decoder.parameters())

    def rates(self) -> list[tuple[list[nn.Parameter], float]]:
        """See `Tunable.rates`."""
        return [(self.parameters(), 1.0)]

    def training_loss(self, rng: np.random.Generator) -> Tensor:
        """See `Tunable.training_loss`."""
        picks = rng.choice(len(self.learn), min(self.batch_size, len(self.learn)), replace=False)
        shown = [self.learn[i] for i in picks]
        losses = [self._loss(s, sample_prompts([s.view], rng)) for s in shown]
        return torch.stack(losses).mean()

    @torch.no_grad()
    def held_out_loss(self) -> float:
        """See `Tunable.held_out_loss`."""
        return float(torch.stack([self._loss(s, prompts) for s, prompts in self.fixed]).mean())

    def _shown(self, labelled: Labelled) -> EncodedView:
        view = self.answering.view(_pair(labelled, self.answering.size))
        return EncodedView(view, self.answering.encode(view))

    def _loss(self, shown: EncodedView, prompts: Prompts) -> Tensor:
        device = self.answering.device
        wanted = quarter(prompts.targets[0]).to(device)
        beside = [torch.from_numpy(prompts.on_object[0]), torch.ones(1, dtype=torch.bool)]
        with autocast(device):
            logits, scores = self.answering.answer(shown.features, prompts)
            terms = prompt_loss(logits, scores, wanted, torch.cat(beside).to(device))
        return 2 * terms["mask"] + terms["score"]


class PromptAdapter(Protocol):
    """The differences of SAM and SAM 2."""

    device: torch.device
    size: int  # side of the model's square input, px
    decoder: nn.Module

    def view(self, pair: Pair) -> View:
        """The pair in the model's frame."""
        ...

    def encode(self, view: View) -> Any:
        """Features of one view, without gradients."""
        ...

    def answer(self, features: Any, prompts: Prompts) -> tuple[Tensor, Tensor]:
        """Logits K x 4 x S/4 x S/4 and scores K x 4 for the points, then the box, of one view."""
        ...


class SamAdapter:
    """SAM: the longest side fills the frame, the rest is padding."""

    def __init__(self, sam: Sam) -> None:
        self.sam = sam
        self.device = sam.device
        self.size = int(sam.image_encoder.img_size)
        self.decoder: nn.Module = sam.mask_decoder

    def view(self, pair: Pair) -> View:
        """See `PromptAdapter.view`."""
        return _whole(pair, self.size)

    @torch.no_grad()
    def encode(self, view: View) -> Tensor:
        """See `PromptAdapter.encode`."""
        h, w = view.content_hw
        predictor = SamPredictor(self.sam)
        predictor.set_image(np.ascontiguousarray(view.image[:h, :w]))
        return predictor.get_image_embedding()

    def answer(self, features: Tensor, prompts: Prompts) -> tuple[Tensor, Tensor]:
        """See `PromptAdapter.answer`."""
        encoder, place = self.sam.prompt_encoder, self.sam.prompt_encoder.get_dense_pe()
        points = _point_prompts(prompts, self.device)
        boxes = torch.from_numpy(prompts.boxes).to(self.device)
        asked = (encoder(points, None, None), encoder(None, boxes, None))
        answers = [self.decoder.predict_masks(features, place, *prompt) for prompt in asked]
        return _concatenated(answers)


class Sam2Adapter:
    """SAM 2: the photograph is stretched to the square frame."""

    def __init__(self, model: Any) -> None:
        from sam2.sam2_image_predictor import SAM2ImagePredictor

        self.model = model
        self.predictor = SAM2ImagePredictor(model)
        self.device = self.predictor.device
        self.size = int(model.image_size)
        self.decoder: nn.Module = model.sam_mask_decoder

    def view(self, pair: Pair) -> View:
        """See `PromptAdapter.view`."""
        side = (self.size, self.size)
        image, mask = (
            cv2.resize(a, side, interpolation=cv2.INTER_AREA) for a in (pair.image, pair.mask)
        )
        mask = np.asarray(mask, np.uint8)
        return View(np.asarray(image, np.uint8), mask, side, components(mask))

    def encode(self, view: View) -> dict[str, Any]:
        """See `PromptAdapter.encode`."""
        self.predictor.set_image(view.image)
        return dict(self.predictor._features)  # the only place that holds them

    def answer(self, features: dict[str, Any], prompts: Prompts) -> tuple[Tensor, Tensor]:
        """See `PromptAdapter.answer`."""
        encoder = self.model.sam_prompt_encoder
        corners = torch.from_numpy(prompts.boxes).reshape(-1, 2, 2).to(self.device)
        labels = torch.tensor(
            [[2, 3]], dtype=torch.int, device=self.device
        )  # as its predictor does
        asked = (_point_prompts(prompts, self.device), (corners, labels))
        answers = []
        for points in asked:
            sparse, dense = encoder(points=points, boxes=None, masks=None)
            answers.append(self.decoder.predict_masks(
                features["image_embed"], encoder.get_dense_pe(), sparse, dense, True,
                features["high_res_feats"],
            ))  # fmt: skip
        return _concatenated(answers)


def _concatenated(answers: Sequence[Sequence[Tensor]]) -> tuple[Tensor, Tensor]:
    """The logits and scores of several decoder calls, concatenated."""
    return torch.cat([a[0] for a in answers]), torch.cat([a[1] for a in answers])


def _point_prompts(prompts: Prompts, device: torch.device) -> tuple[Tensor, Tensor]:
    points = torch.from_numpy(prompts.points[0])[:, None].to(device)
    return points, torch.ones(len(points), 1, device=device)


def _pair(labelled: Labelled, max_side: int) -> Pair:
    """The pair at most `max_side` px large; its mask 0..255, soft if it was shrunk."""
    image = shrink(labelled.image, max_side)
    mask: NDArray[np.uint8] = labelled.truth.astype(np.uint8) * 255
    size = (image.shape[1], image.shape[0])
    return Pair(
        labelled.name, image, np.asarray(cv2.resize(mask, size, interpolation=cv2.INTER_AREA))
    )


def _whole(pair: Pair, size: int) -> View:
    view = letterbox(pair, size)
    return View(view.image, view.mask, view.content_hw, components(view.mask))


def _both_ways(labelled: Labelled) -> Iterator[Labelled]:
    yield labelled
    mirrored = np.ascontiguousarray(labelled.image[:, ::-1])
    yield Labelled(labelled.name, mirrored, np.ascontiguousarray(labelled.truth[:, ::-1]))


def _fixed_prompts(view: View) -> list[Prompts]:
    return [sample_prompts([view], np.random.default_rng(i)) for i in range(HELD_OUT_DRAWS)]


def make_tunable(
    model: Any, family: str, learn: Sequence[Labelled], held_out: Sequence[Labelled]
) -> Tunable:
    """The tunable for a checkpoint's family."""
    tunable = TinyTunable if family == "tiny" else DecoderTunable
    return tunable(model, learn, held_out)
