"""The variants to measure, each prepared as `automask run` prepares it."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import product
from pathlib import Path
from typing import Any

from automask.bench.figures import Variant
from automask.bench.generators import GENERATORS
from automask.config import RunConfig, load_config
from automask.errors import ConfigError
from automask.runs.prepare import Prepared, device_of, prepare
from automask.sam.checkpoints import BY_NAME
from automask.sam.weights import find

MODELS = ("tiny",)
DEVICES = ("cpu", "auto")  # auto is the GPU, or the CPU again if there is none

# Random weights mask noise. If none of it were acceptable, the search for an object would end
# sooner than on photographs.
ANY_MASK = {"min_area": 0.0, "max_area": 1.0, "max_border_coverage": 1.0, "min_score": 0.0}


@dataclass(frozen=True)
class Options:
    """The options of the command line; None: not given."""

    models: tuple[str, ...] = MODELS
    devices: tuple[str, ...] = DEVICES
    generators: tuple[str, ...] = ("stock", "fast")
    images: Path | None = None  # None: the sample photographs
    limit: int | None = None
    rounds: int = 3
    workers: int | None = None
    threads: int | None = None
    weights: Path | None = None  # folder to look for checkpoints in, first
    config: Path | None = None  # TOML file with any setting of a run
    random_weights: bool = False


@dataclass(frozen=True)
class RandomWeights:
    """A stand-in for a missing checkpoint."""

    file: Path
    settings: dict[str, Any]  # of the mask generator, such that a realistic share of masks passes


@dataclass(frozen=True)
class PlannedVariant:
    """A variant that has passed every check and may start."""

    variant: Variant
    prepared: Prepared
    is_random: bool = False


@dataclass(frozen=True)
class Place:
    """The folders of a benchmark."""

    images: Path
    folder: Path  # temporary; each variant writes into a folder of its own
    stand_ins: dict[str, RandomWeights] = field(default_factory=dict)  # by model


def plan_variants(options: Options, place: Place) -> list[PlannedVariant]:
    """Prepare every model on every device with every generator, in this order.

    A device named twice, as `auto` may be, is measured once.

    Args:
        options: The options of the command line.
        place: The folders of the benchmark.

    Returns:
        The variants.

    Raises:
        ConfigError: A generator is unknown.
        AutomaskError: A run with these settings could not start, see `prepare`.
    """
    devices = unique_devices(options)
    planned: list[PlannedVariant] = []
    for model, device, generator in product(
        dict.fromkeys(options.models), devices, dict.fromkeys(options.generators)
    ):
        variant = Variant(model, device, generator)
        stand_in = place.stand_ins.get(model)
        config = config_of(variant, options, place.images, place.folder / str(len(planned)))
        if stand_in is not None:
            config = _with_stand_in(config, stand_in)
        planned.append(PlannedVariant(variant, prepare(config), stand_in is not None))
    return planned


def unique_devices(options: Options) -> list[str]:
    """The requested devices, resolved. Raises ConfigError and DeviceError."""
    nowhere = {"input": Path(), "output": Path()}
    asked = [load_config(None, {**nowhere, "device": name}).device for name in options.devices]
    return list(dict.fromkeys(map(device_of, asked)))


def config_of(variant: Variant, options: Options, images: Path, output: Path) -> RunConfig:
    """The settings of a run of this variant; masks are kept for comparison."""
    if variant.generator not in GENERATORS:
        known = ", ".join(GENERATORS)
        raise ConfigError(f"no generator is called {variant.generator!r}; known: {known}")
    flags = {
        "input": images,
        "output": output,
        "model": variant.model,
        "device": variant.device,
        "weights": options.weights,
        "workers": options.workers,
        "threads": options.threads,
        "limit": options.limit,
        "save": ["trimap", "mask"],
        **GENERATORS[variant.generator],
    }
    return load_config(options.config, flags)


def absent_models(options: Options) -> list[str]:
    """The models known by name without a file in any of the search folders."""
    known = (name for name in dict.fromkeys(options.models) if name in BY_NAME)
    return [name for name in known if find(BY_NAME[name], options.weights) is None]


def _with_stand_in(config: RunConfig, stand_in: RandomWeights) -> RunConfig:
    settings = {**config.propose.settings, **stand_in.settings}
    propose = config.propose.model_copy(update={"settings": settings})
    choose = config.choose.model_copy(update=ANY_MASK)
    changes = {"model": str(stand_in.file), "propose": propose, "choose": choose}
    return config.model_copy(update=changes)
