"""Every setting of a run, with its unit and its reason; from defaults, a TOML file and flags."""

from __future__ import annotations

import hashlib
import json
import sys
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, ValidationError, model_validator

from automask.errors import ConfigError
from automask.result_settings import AlphaConfig, CutoutConfig, ObjectsConfig, Section

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

# Raised whenever a change of code gives other masks for the same settings, so that a rerun
# does not mix masks of two versions in one folder.
MASK_RULES = 3
# The largest cameras give 150 megapixels; more is a panorama or a decompression bomb, and the
# proposals would be made on a small copy anyway.
MAX_PIXELS = 160_000_000
MAX_CONTOUR_PX = 250  # distances are counted in 8 bits, which saturate at 255

SaveKind = Literal["trimap", "mask", "alpha", "overlay", "cutout"]


class LoadConfig(Section):
    max_pixels: int = Field(MAX_PIXELS, gt=0)  # larger images are errors, not surprises


class ProposeConfig(Section):
    """How proposals are made. None takes the value that suits the checkpoint."""

    # Longest side, px, of the copy that proposals are made on; 0: the photograph as it is. SAM
    # itself sees 1024 px; at 12 megapixels its generator would hold 9 GB of logits at once.
    max_side: int | None = Field(None, ge=0)
    # Settings of SamAutomaticMaskGenerator or SAM2AutomaticMaskGenerator, by their own names.
    settings: dict[str, Any] = Field(default_factory=dict)


class Weights(Section):
    """Weight of each term of the choice.

    Set by random search on 232 photographs of the training data: the mean IoU of the chosen mask
    among tiny's proposals, plus a quarter of it among made-up ones (made_up.py), whose scores know
    nothing of the subject, as those of most checkpoints.
    """

    predicted_iou: float = Field(1.0, ge=0)
    stability: float = Field(0.75, ge=0)
    area: float = Field(0.7, ge=0)
    border: float = Field(1.55, ge=0)
    centrality: float = Field(0.9, ge=0)
    compactness: float = Field(0.25, ge=0)

    @model_validator(mode="after")
    def _some_weight(self) -> Weights:
        if sum(self.model_dump().values()) <= 0:
            raise ValueError("at least one weight must be above 0")
        return self


class Confidence(Section):
    """Logistic model of whether the mask is good (IoU >= 0.8), from score and margin.

    Fitted on the same photographs as the weights, with tiny's proposals; there it ranks a good
    mask above a bad one in 87 of 100 pairs.
    """

    intercept: float = -10.5
    score: float = 11.3
    margin: float = 12.0
    margin_cap: float = 0.3  # of score; without a runner-up, or beyond, the margin says no more


class ChooseConfig(Section):
    """How the primary object is chosen. Areas are fractions of the image."""

    weights: Weights = Weights()
    confidence: Confidence = Confidence()
    min_area: float = Field(0.001, ge=0, le=1)  # below: a speck, never the primary object
    max_area: float = Field(0.97, ge=0, le=1)  # above: the frame itself
    max_border_coverage: float = Field(0.8, ge=0, le=1)  # above: a backdrop
    usual_area_low: float = Field(0.15, gt=0, le=1)  # between these, area says nothing
    usual_area_high: float = Field(0.6, ge=0, lt=1)
    min_score: float = Field(0.5, ge=0, le=1)  # below: no_object
    same_object_iou: float = Field(0.7, ge=0, le=1)  # a runner-up must differ more than this
    ambiguous_margin: float = Field(0.03, ge=0, le=1)  # of score, between winner and runner-up
    contender_margin: float = Field(0.1, ge=0, le=1)  # of score: what is asked again, this close
    tiny_area: float = Field(0.01, ge=0, le=1)
    low_stability: float = Field(0.85, ge=0, le=1)

    @model_validator(mode="after")
    def _ranges_are_ranges(self) -> ChooseConfig:
        if self.min_area >= self.max_area or self.usual_area_low >= self.usual_area_high:
            raise ValueError(
                "min_area must be below max_area, usual_area_low below usual_area_high"
            )
        return self


class RefineConfig(Section):
    """Fractions of the image's area: holes below are filled, islands below are dropped."""

    hole_fraction: float = Field(0.0005, ge=0, le=1)
    island_fraction: float = Field(0.001, ge=0, le=1)


class TrimapConfig(Section):
    contour_px: int = Field(1, ge=0, le=MAX_CONTOUR_PX)  # width in steps to a 4-neighbour
    values: tuple[int, int, int] = (1, 2, 3)  # foreground, background, contour

    @model_validator(mode="after")
    def _three_labels(self) -> TrimapConfig:
        if not all(0 <= v <= 255 for v in self.values) or len(set(self.values)) != 3:
            raise ValueError("values must be three different labels in 0..255")
        return self


class RunConfig(Section):
    """A whole run."""

    input: Path
    output: Path
    model: str = "tiny"  # a name of `automask models`, or the path of a checkpoint
    arch: str | None = None  # architecture of a checkpoint given by path
    weights: Path | None = None  # folder to look for checkpoints in, first
    device: str = Field("auto", pattern=r"^(auto|cpu|mps|cuda(:\d+)?)$")
    workers: int | None = Field(None, ge=1)  # processes on a CPU, threads around a GPU
    threads: int | None = Field(None, ge=1)  # of each worker
    generator: Literal["fast", "stock"] = "fast"
    # Points that the fast generator asks: few of the grid, where they matter, or the full grid.
    points: Literal["few", "full"] = "few"
    # Of the fast generator's products of matrices; auto: bfloat16 where that is fast.
    precision: Literal["auto", "float32"] = "auto"
    save: tuple[SaveKind, ...] = ("trimap",)
    keep_extension: bool = False  # a.jpg -> a.jpg.png
    overwrite: bool = False
    limit: int | None = Field(None, ge=1)  # only the first N images
    load: LoadConfig = LoadConfig()
    propose: ProposeConfig = ProposeConfig()
    choose: ChooseConfig = ChooseConfig()
    refine: RefineConfig = RefineConfig()
    trimap: TrimapConfig = TrimapConfig()
    alpha: AlphaConfig = AlphaConfig()
    cutout: CutoutConfig = CutoutConfig()
    objects: ObjectsConfig = ObjectsConfig()

    @model_validator(mode="after")
    def _something_to_save(self) -> RunConfig:
        if not self.save:
            raise ValueError("save must name at least one of trimap, mask, alpha, overlay, cutout")
        return self

    @property
    def has_primary_object(self) -> bool:
        """Whether the one primary object is wanted, not several."""
        return self.objects.wanted == "primary"

    @property
    def kinds(self) -> tuple[str, ...]:
        """What is written for each image: several objects bring their label image with them."""
        return self.save if self.has_primary_object else (*self.save, "objects")

    def mask_settings(self, model_sha256: str) -> dict[str, Any]:
        """What shapes the masks, flat, by dotted name; a rerun must agree in all of it."""
        shaping = self.model_dump(
            mode="json",
            include={
                "model",
                "arch",
                "generator",
                "precision",
                "propose",
                "choose",
                "refine",
                "trimap",
                "alpha",
                "cutout",
                "objects",
            },
        )
        return {"rules": MASK_RULES, "model_sha256": model_sha256, **_flat(shaping)}


def settings_digest(settings: dict[str, Any]) -> str:
    """Short stable digest of `RunConfig.mask_settings`, 16 hex digits."""
    text = json.dumps(settings, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def load_config(file: Path | None, flags: dict[str, Any]) -> RunConfig:
    """Defaults, then the TOML file, then flags; a flag that is None was not given.

    Raises ConfigError, naming the setting and what is wrong with it.
    """
    values = _read_toml(file) if file is not None else {}
    values = _merge(values, _without_none(flags))
    try:
        return RunConfig.model_validate(values)
    except ValidationError as error:
        raise ConfigError(_explain(error, file)) from error


def _read_toml(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
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


def _flat(values: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for key, value in values.items():
        if isinstance(value, dict):
            flat.update(_flat(value, f"{prefix}{key}."))
        else:
            flat[prefix + key] = value
    return flat


def _explain(error: ValidationError, file: Path | None) -> str:
    faults = [
        f"  {'.'.join(map(str, e['loc'])) or 'settings'}: {e['msg']} (got {e['input']!r:.80})"
        for e in error.errors()
    ]
    return f"wrong settings{f' in {file} or in the flags' if file else ''}:\n" + "\n".join(faults)
