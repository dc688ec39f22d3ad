"""What proposes masks in a run: a model, its generator, and what the choice wants to know more of.

Here the model's side meets the choice's; neither imports the other.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from automask.config import RunConfig
from automask.image.choose import contenders, is_clear
from automask.records import Proposal, Scene
from automask.sam.boxes import boxed
from automask.sam.build import build, load_model
from automask.sam.checkpoints import ALWAYS
from automask.sam.device import dtype_of
from automask.sam.encoder import FastTinyEncoder
from automask.sam.generator import check_settings, encoder_of, make_generator, shrink_blocks
from automask.sam.guided import guided
from automask.sam.look import FastLook
from automask.sam.outline import load_outline
from automask.sam.points import Points, coarse_to_fine
from automask.sam.propose import ModelProposer, Search
from automask.sam.saliency import Saliency, SaliencyMap
from automask.sam.tiny import TinyImageEncoder
from automask.sam.weights import Weights

if TYPE_CHECKING:
    from automask.train.proposer import StudentProposer


def load_proposer(
    weights: Weights,
    config: RunConfig,
    device: str,
    mapped: Path | None = None,
    batch_divisor: int = 1,
) -> ModelProposer | StudentProposer:
    """The proposer of a run, its weights read: a SAM of any kind, or a student.

    mapped: a float32 copy of the weights, which all workers map. batch_divisor: see
    `make_proposer`.
    """
    if weights.checkpoint.is_student:
        from automask.train.proposer import load_student_proposer

        return load_student_proposer(weights.file, config, device, mapped)
    model = build(weights, mapped).to(device)
    return make_proposer(model, weights, config, batch_divisor)


def check_proposer_settings(weights: Weights, settings: dict[str, Any]) -> None:
    """Raises ConfigError for `propose.settings` that a worker would refuse; loads no weights."""
    if weights.checkpoint.is_student:
        from automask.train.settings import Way

        Way.checked(settings)
    else:
        check_settings(weights.checkpoint, settings)


def make_proposer(
    model: Any, weights: Weights, config: RunConfig, batch_divisor: int = 1
) -> ModelProposer:
    """The proposer of a run: the config's settings over those that suit the checkpoint.

    batch_divisor: blocks of points are smaller by this, where memory is short.
    """
    asked = config.propose
    max_side = weights.checkpoint.max_side if asked.max_side is None else asked.max_side
    dtype = dtype_of(config.precision, next(model.parameters()).device)
    generator = make_generator(model, config.generator, dtype, **asked.settings)
    shrink_blocks(generator, batch_divisor)
    saliency = _saliency(model, generator, config) if config.choose.saliency else None
    looks = {"auto": weights.checkpoint.look_again_below, "always": ALWAYS, "never": 0.0}
    below = looks[config.second_look.when]
    device = next(model.parameters()).device
    outline = load_outline(device, dtype, config.weights) if config.refine.is_refined else None
    return ModelProposer(
        generator,
        max_side,
        _search(config, weights.checkpoint.boxes_find_all),
        saliency,
        below,
        wants_salient=config.has_primary_object,
        outline=outline,
    )


def _search(config: RunConfig, boxes_find_all: bool) -> Search | None:
    """What is asked; None: the whole grid of points. For all objects it is that or boxes."""
    if config.points == "full":
        return None
    if not config.has_primary_object:
        return (lambda look, _grid, _scene: boxed(look)) if boxes_find_all else None

    def few(look: FastLook, grid: Points, scene: Scene) -> list[Proposal]:
        return coarse_to_fine(look, grid, lambda found: contenders(found, scene, config.choose))

    def by_map(look: FastLook, grid: Points, scene: Scene) -> list[Proposal]:
        if scene.saliency is None:
            return few(look, grid, scene)
        found = guided(look, scene.saliency)
        if is_clear([*found, *look.salient()], scene, config.choose):
            return found
        look.forget()  # else the search would follow the map where the map is in doubt
        return few(look, grid, scene)

    return few if config.points == "few" else by_map


def _saliency(model: Any, generator: Any, config: RunConfig) -> Saliency:
    """The bundled model's, by the generator's own encoder where that is its."""
    encoder = encoder_of(generator)
    if isinstance(encoder, FastTinyEncoder):
        return SaliencyMap(model, encoder)
    device = next(model.parameters()).device
    has_own = isinstance(getattr(model, "image_encoder", None), TinyImageEncoder)
    tiny = model if has_own else load_model("tiny", str(device))
    return SaliencyMap(
        tiny, FastTinyEncoder(tiny.image_encoder, dtype_of(config.precision, device))
    )
