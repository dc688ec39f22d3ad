"""Every setting of a run, with its unit and its reason; from defaults, a TOML file and flags."""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, ValidationError, field_validator, model_validator

from automask.errors import ConfigError
from automask.result_settings import AlphaConfig, CutoutConfig, ObjectsConfig, Section
from automask.settings.environment import read_environment
from automask.settings.presets import preset
from automask.settings.wording import faults

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

# Raised whenever a change of code gives other masks for the same settings, so that a rerun
# does not mix masks of two versions in one folder.
MASK_RULES = 6
# The largest cameras give 150 megapixels; more is a panorama or a decompression bomb, and the
# proposals would be made on a small copy anyway.
MAX_PIXELS = 160_000_000
MAX_CONTOUR_PX = 250  # distances are counted in 8 bits, which saturate at 255

# The weights that come with automask.
CHOICE_FILE = Path(__file__).parent / "image" / "choice.json"

SaveKind = Literal["trimap", "mask", "alpha", "overlay", "cutout", "probability"]


class LoadConfig(Section):
    """Which photographs are read, and how."""

    max_pixels: int = Field(MAX_PIXELS, gt=0)  # larger images are errors, not surprises
    # Whether a photograph's own alpha, where it shows an object, is its mask.
    own_alpha: Literal["use", "ignore"] = "use"


class ScanConfig(Section):
    """Which files of the input are photographs to mask. Patterns as in .gitignore."""

    exclude: tuple[str, ...] = ()  # left out
    include: tuple[str, ...] = ()  # only what fits one of these; none: everything


class ProposeConfig(Section):
    """How proposals are made. None takes the value that suits the checkpoint."""

    # Longest side, px, of the copy that proposals are made on; 0: the photograph as it is. SAM
    # itself sees 1024 px; at 12 megapixels its generator would hold 9 GB of logits at once.
    max_side: int | None = Field(None, ge=0)
    # Settings of SamAutomaticMaskGenerator or SAM2AutomaticMaskGenerator, by their own names.
    settings: dict[str, Any] = Field(default_factory=dict)


class ChooseConfig(Section):
    """How the primary object is chosen.

    Areas are fractions of the image; margins are differences of the evidence's log odds.
    """

    fitted: Path = CHOICE_FILE  # weights of the evidence, as `automask fit-choice` writes them
    # Other weights for some of the evidence, by its names in image/evidence.py: how much a standard
    # deviation of it counts. Below 0: less is better.
    weights: dict[str, float] = Field(default_factory=dict)
    saliency: bool = True  # whether the bundled model's saliency map has a say
    min_area: float = Field(0.001, ge=0, le=1)  # below: a speck, never the primary object
    max_area: float = Field(0.97, ge=0, le=1)  # above: the frame itself
    max_border_coverage: float = Field(0.8, ge=0, le=1)  # above: a backdrop
    min_score: float = Field(0.1, ge=0, le=1)  # below: no_object
    same_object_iou: float = Field(0.7, ge=0, le=1)  # a runner-up must differ more than this
    merge: bool = True  # whether parts that make one object become one, see image/merge.py
    merge_among: int = Field(12, ge=2)  # proposals, those with the most evidence
    merge_edge: float = Field(1.3, ge=0)  # gradient on the seam against the outline; below: weak
    merge_colour: float = Field(0.3, ge=0)  # across the seam, in 100 units of Lab; below: alike
    merge_compactness: float = Field(0.5, ge=0)  # of the union against its parts; below: ragged
    merge_loss: float = Field(0.25, ge=0)  # of evidence, that a whole may have less than a part
    margin_cap: float = Field(4.0, gt=0)  # beyond, or without a runner-up, the margin says no more
    ambiguous_margin: float = Field(1.0, ge=0)  # between winner and runner-up
    contender_margin: float = Field(1.0, ge=0)  # proposals this close to the best are sampled again
    # Confidence from which the object is beyond doubt, so that `points = "guided"` asks no more.
    clear_confidence: float = Field(0.8, ge=0, le=1)
    second_look_loss: float = Field(0.5, ge=0)  # of evidence, that a second look may cost
    tiny_area: float = Field(0.01, ge=0, le=1)  # below: flagged as tiny
    large_area: float = Field(0.6, ge=0, le=1)  # above: flagged as filling the frame
    low_stability: float = Field(0.85, ge=0, le=1)  # below: flagged

    @model_validator(mode="after")
    def _ranges_are_ranges(self) -> ChooseConfig:
        if self.min_area >= self.max_area:
            raise ValueError("min_area must be below max_area")
        return self


class SecondLookConfig(Section):
    """A second prompt of the model, on a crop around the object."""

    # auto: where the confidence is below what suits the checkpoint; of tiny's always.
    when: Literal["auto", "always", "never"] = "auto"


class RefineConfig(Section):
    """The outline, and what is too small to be true."""

    hole_fraction: float = Field(0.0005, ge=0, le=1)  # of the image's area; below: filled
    island_fraction: float = Field(0.001, ge=0, le=1)  # of the image's area; below: dropped
    # What draws the outline to the photograph's edges: a guided filter; before it the bundled
    # refiner, a small network; nothing. auto: the refiner, but of a student, whose masks have no
    # cells, the filter. See docs/outlines.md.
    outline: Literal["auto", "refiner", "guided", "none"] = "auto"
    # Radius of the guided filter that draws the outline to the photograph's edges, in cells of the
    # model's mask, of which an object has 80 (tiny) or 256 on its longer side; 0: none. Measured
    # on 116 photographs of the training data: 1 to 3 are alike.
    edge_radius: float = Field(2.0, ge=0, le=10)
    edge_epsilon: float = Field(1e-4, ge=1e-6)  # variance of colour (0..1) that is an edge
    smooth: float = Field(0.0, ge=0, le=10)  # deviation of a blur of the outline, same cells

    @property
    def is_refined(self) -> bool:
        """Whether the refiner draws the outline, where the proposer has one."""
        return self.outline in ("auto", "refiner")


class TrimapConfig(Section):
    """Labels and contour of the trimaps."""

    contour_px: int = Field(1, ge=0, le=MAX_CONTOUR_PX)  # width in steps to a 4-neighbour
    values: tuple[int, int, int] = (1, 2, 3)  # foreground, background, contour

    @model_validator(mode="after")
    def _three_labels(self) -> TrimapConfig:
        if not all(0 <= v <= 255 for v in self.values) or len(set(self.values)) != 3:
            raise ValueError("values must be three different labels in 0..255")
        return self


class RunConfig(Section):
    """A whole run."""

    input: Path  # folder of photographs
    output: Path  # folder for results
    model: str = "tiny"  # a name of `automask models`, or the path of a checkpoint
    arch: str | None = None  # architecture of a checkpoint given by path
    weights: Path | None = None  # folder to look for checkpoints in, first
    stage_weights: Path | None = None  # folder on the node's own disk for a verified copy
    # auto, cpu, cuda, cuda:N or mps; auto takes a GPU where there is one.
    device: str = Field("auto", pattern=r"^(auto|cpu|mps|cuda(:\d+)?)$")
    workers: int | None = Field(None, ge=1)  # processes on a CPU, threads around a GPU
    threads: int | None = Field(None, ge=1)  # of each worker on a CPU
    scheduler: str | None = None  # address of a Dask scheduler, whose workers mask the images
    retries: int = Field(2, ge=0)  # after a worker crash
    # Seconds of computing that an image may take, waiting counted a quarter; the slowest known,
    # SAM's vit_h on two cores with the package's generator, takes three minutes.
    timeout: float = Field(1800, gt=0)
    generator: Literal["fast", "stock"] = "fast"  # stock: the SAM package's own class
    # What the fast generator is asked: what the saliency map shows, and few where that is unclear;
    # few points of the grid, where they matter; the full grid.
    points: Literal["guided", "few", "full"] = "guided"
    # Of the fast generator's matrix multiplications; auto: bfloat16 where that is fast.
    precision: Literal["auto", "float32"] = "auto"
    # What is written: trimap, mask, alpha, overlay, cutout; of a student also probability.
    save: tuple[SaveKind, ...] = ("trimap",)
    keep_extension: bool = False  # a.jpg -> a.jpg.png
    overwrite: bool = False  # mask again what is done
    # Only this part of the images, 3/64, or off; None: the part of the job array's task, if any.
    shard: str | None = None
    limit: int | None = Field(None, ge=1)  # only the first N images, of the shard
    prompts: Path | None = None  # file of boxes and points to ask for; None: the model looks itself
    # How often each prompt is asked, from the second time on with the mask before.
    iterations: int = Field(1, ge=1, le=10)
    scan: ScanConfig = ScanConfig()
    load: LoadConfig = LoadConfig()
    propose: ProposeConfig = ProposeConfig()
    choose: ChooseConfig = ChooseConfig()
    second_look: SecondLookConfig = SecondLookConfig()
    refine: RefineConfig = RefineConfig()
    trimap: TrimapConfig = TrimapConfig()
    alpha: AlphaConfig = AlphaConfig()
    cutout: CutoutConfig = CutoutConfig()
    objects: ObjectsConfig = ObjectsConfig()

    def __init__(self, **values: Any) -> None:
        """Raises ConfigError, naming each setting that is wrong."""
        try:
            super().__init__(**values)
        except ValidationError as error:
            raise ConfigError(_explain(error, None, {})) from error

    @field_validator("save", mode="before")
    @classmethod
    def _one_name_or_several(cls, value: Any) -> Any:
        """Takes "mask" and "mask,trimap" as well as ("mask", "trimap")."""
        if not isinstance(value, str):
            return value
        return [name.strip() for name in value.split(",") if name.strip()]

    @field_validator("objects", mode="before")
    @classmethod
    def _wanted_alone(cls, value: Any) -> Any:
        """Takes "all" or 5 as well as {"wanted": "all"}."""
        return {"wanted": value} if isinstance(value, str | int) else value

    @model_validator(mode="after")
    def _something_to_save(self) -> RunConfig:
        if not self.save:
            raise ValueError("save must name at least one of trimap, mask, alpha, overlay, cutout")
        return self

    @model_validator(mode="after")
    def _workers_are_counted_by_one(self) -> RunConfig:
        if self.scheduler is not None and self.workers is not None:
            raise ValueError("workers does not go with scheduler: the cluster has its own workers")
        return self

    @property
    def has_primary_object(self) -> bool:
        """Whether the one primary object is wanted, not several."""
        return self.objects.wanted == "primary"

    @property
    def kinds(self) -> tuple[str, ...]:
        """What is written for each image: several objects bring their label image with them."""
        return self.save if self.has_primary_object else (*self.save, "objects")

    def mask_settings(self, model_sha256: str, scorer_sha256: str) -> dict[str, Any]:
        """What shapes the masks, flat, by dotted name; a rerun must agree in all of it.

        Of the files of weights, the model's and the choice's, what is in them: the same weights by
        another path or name are the same settings.
        """
        shaping = self.model_dump(
            mode="json",
            include={
                "generator": True,
                "load": {"own_alpha"},
                "precision": True,
                "propose": True,
                "choose": True,
                "second_look": True,
                "refine": True,
                "trimap": True,
                "alpha": True,
                "cutout": True,
                "objects": True,
            },
        )
        shaping["choose"]["fitted"] = scorer_sha256
        return {"rules": MASK_RULES, "model_sha256": model_sha256, **flat(shaping)}


def settings_digest(settings: dict[str, Any]) -> str:
    """Short stable digest of `RunConfig.mask_settings`, 16 hex digits."""
    text = json.dumps(settings, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def load_config(
    file: Path | None, flags: dict[str, Any], environ: Mapping[str, str] | None = None
) -> RunConfig:
    """Defaults, then the TOML file, the environment's AUTOMASK_*, then flags.

    A flag that is None was not given. environ: None for what must be the same in every environment.
    Raises ConfigError, naming the setting and what is wrong with it.
    """
    values: dict[str, Any] = {}
    for layer in layers(file, flags, environ or {}).values():
        values = _merge(values, layer)
    try:
        return RunConfig.model_validate(values)
    except ConfigError as error:
        raise ConfigError(_explain(error.__cause__, file, flags)) from error


def layers(
    file: Path | None, flags: dict[str, Any], environ: Mapping[str, str]
) -> dict[str, dict[str, Any]]:
    """Where values come from, lowest first; a later one wins. Raises ConfigError."""
    asked = dict(flags)
    return {
        "preset": preset(asked.pop("preset", None)),
        "file": _read_toml(file) if file is not None else {},
        "environment": read_environment(environ, RunConfig),
        "flag": _without_none(asked),
    }


def _read_toml(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise ConfigError(f"cannot read config {file}: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{file} is not valid TOML: {error}") from error


def _without_none(values: dict[str, Any]) -> dict[str, Any]:
    kept = {k: _without_none(v) if isinstance(v, dict) else v for k, v in values.items()}
    return {k: v for k, v in kept.items() if v is not None and v != {}}


def _merge(below: dict[str, Any], above: dict[str, Any]) -> dict[str, Any]:
    merged = dict(below)
    for key, value in above.items():
        under = merged.get(key)
        both = isinstance(value, dict) and isinstance(under, dict)
        merged[key] = _merge(under, value) if both and isinstance(under, dict) else value
    return merged


def flat(values: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    """Nested settings by their dotted names."""
    by_name: dict[str, Any] = {}
    for key, value in values.items():
        if isinstance(value, dict):
            by_name.update(flat(value, f"{prefix}{key}."))
        else:
            by_name[prefix + key] = value
    return by_name


def _explain(error: BaseException | None, file: Path | None, flags: dict[str, Any]) -> str:
    if not isinstance(error, ValidationError):
        return str(error)
    told = faults(error, RunConfig, flat(_without_none(flags)))
    where = f" in {file} or in the flags" if file else ""
    return f"wrong settings{where}:\n" + "\n".join(f"  {fault}" for fault in told)
