"""Mask generators: SAM's own classes, and how their settings are checked."""

from __future__ import annotations

import inspect
from contextlib import nullcontext
from typing import Any

import numpy as np
from numpy.typing import NDArray

from automask.errors import ConfigError
from automask.sam import build  # noqa: F401  first: it explains a broken torch installation
from automask.sam.checkpoints import Checkpoint
from automask.sam.device import dtype_of
from automask.sam.fast_generator import FastCrops, FastMaskGenerator
from automask.sam.tiny import build_tiny

import torch  # isort: skip
from torch import nn  # isort: skip
from segment_anything import SamAutomaticMaskGenerator  # isort: skip
from segment_anything.modeling import Sam  # isort: skip
from segment_anything.utils.transforms import ResizeLongestSide  # isort: skip

KINDS = ("fast", "stock")
# torchvision's batched_nms takes another path above this many coordinates on a GPU, and that path
# fails on the categories that segment-anything 1.0 makes on the CPU.
NMS_COORDINATES_LIMIT = 20_000


def make_generator(
    model: Any, kind: str = "fast", dtype: torch.dtype | None = None, **settings: Any
) -> Any:
    """A mask generator with SAM's own `.generate(image_rgb) -> list[dict]`.

    Args:
        model: Any `Sam` or `SAM2Base`.
        kind: `stock`, the package's own class, or `fast`, `FastMaskGenerator` or
            `FastSam2MaskGenerator` (for SAM 2's `use_m2m` and `multimask_output=False` it is
            `stock`).
        dtype: Of the fast generator's matrix multiplications; None: what suits the device.
        **settings: Of the package's class, over those that suit the checkpoint
            (`model.generator_defaults`).

    Returns:
        A generator. Its records hold segmentation (H x W bool), area (px), bbox (xywh),
        predicted_iou, point_coords, stability_score and crop_box (xywh).

    Raises:
        ConfigError: The kind or a setting is unknown.
    """
    if kind not in KINDS:
        raise ConfigError(f"generator must be one of {', '.join(KINDS)}, not {kind!r}")
    merged = _merged(getattr(model, "generator_defaults", {}), settings)
    package_class = _package_class(model)
    _refuse_unknown(package_class, merged)
    fast_class = _fast_class(model, merged) if kind == "fast" else None
    try:
        if fast_class is None:
            generator = package_class(model, **merged)
        else:
            dtype = dtype or dtype_of("auto", next(model.parameters()).device)
            generator = fast_class(model, dtype, **merged)
    except (AssertionError, TypeError, ValueError) as error:
        raise ConfigError(f"{package_class.__name__} refuses its settings: {error}") from error
    if isinstance(model, Sam) and generator.predictor.device.type == "mps":
        generator.predictor.transform = Float32Coords(generator.predictor.transform.target_length)
    return generator


def shrink_blocks(generator: Any, share: int) -> None:
    """Has a generator ask blocks of points that are smaller by `share`, for want of memory."""
    if isinstance(generator, FastCrops):
        generator.decoder.batch_divisor = share
    else:
        generator.points_per_batch = max(1, generator.points_per_batch // share)


def encoder_of(generator: Any) -> nn.Module:
    """The module that encodes a generator's images."""
    predictor = generator.predictor
    encoder: nn.Module = getattr(predictor, "encoder", predictor.model.image_encoder)
    return encoder


def _merged(defaults: dict[str, Any], settings: dict[str, Any]) -> dict[str, Any]:
    """Settings over the checkpoint's; a grid of points given takes the place of points_per_side.

    The classes want exactly one of the two, and TOML has no None to take the default away.
    """
    merged = {**defaults, **settings}
    if merged.get("point_grids") is not None:
        merged["point_grids"] = [np.asarray(grid, float) for grid in merged["point_grids"]]
        merged["points_per_side"] = settings.get("points_per_side")
    return merged


class Float32Coords(ResizeLongestSide):
    """Points in float32: segment-anything has them in float64, which Apple GPUs lack."""

    def apply_coords(
        self, coords: NDArray[np.floating], original_size: tuple[int, ...]
    ) -> NDArray[np.float32]:
        """Points N x 2 (x, y) of the original image as float32 points of the resized one."""
        return super().apply_coords(coords, original_size).astype(np.float32)


def _package_class(model: Any) -> type[Any]:
    if isinstance(model, Sam):
        return SamAutomaticMaskGenerator
    from sam2.automatic_mask_generator import SAM2AutomaticMaskGenerator

    return SAM2AutomaticMaskGenerator


def _fast_class(model: Any, settings: dict[str, Any]) -> type[Any] | None:
    """None: what the settings ask for is the package's class alone to answer."""
    if isinstance(model, Sam):
        return FastMaskGenerator
    if settings.get("use_m2m") or not settings.get("multimask_output", True):
        return None
    from automask.sam.fast_generator_sam2 import FastSam2MaskGenerator

    return FastSam2MaskGenerator


def check_settings(checkpoint: Checkpoint, settings: dict[str, Any]) -> None:
    """Raises ConfigError where the checkpoint's generator would refuse them; loads no weights."""
    if checkpoint.family in ("tiny", "sam"):
        stand_in = build_tiny()  # any Sam will do: the settings do not depend on its weights
        stand_in.generator_defaults = checkpoint.settings
        make_generator(stand_in, "stock", **settings)
    else:
        from sam2.automatic_mask_generator import SAM2AutomaticMaskGenerator

        _refuse_unknown(SAM2AutomaticMaskGenerator, settings)


def _refuse_unknown(generator_class: type[Any], settings: dict[str, Any]) -> None:
    known = set(inspect.signature(generator_class).parameters) - {"model", "kwargs"}
    unknown = sorted(set(settings) - known)
    if unknown:
        raise ConfigError(
            f"{generator_class.__name__} has no setting {', '.join(unknown)}; "
            f"it has {', '.join(sorted(known))}"
        )
    if settings.get("output_mode", "binary_mask") != "binary_mask":
        raise ConfigError("output_mode must stay binary_mask: the choice looks at pixels")


def generate(generator: Any, image_rgb: NDArray[np.uint8]) -> list[dict[str, Any]]:
    """`generator.generate` without gradients, new tensors where segment-anything 1.0 needs them."""
    device = generator.predictor.device
    with torch.inference_mode(), _device_for_new_tensors(generator, device):
        records: list[dict[str, Any]] = generator.generate(image_rgb)
    return records


def _device_for_new_tensors(generator: Any, device: torch.device) -> Any:
    """segment-anything 1.0 makes NMS categories on the CPU; only very many boxes mind."""
    if device.type != "cuda" or not isinstance(generator, SamAutomaticMaskGenerator):
        return nullcontext()
    boxes = 3 * sum(len(grid) for grid in generator.point_grids)
    return torch.device(device) if 4 * boxes > NMS_COORDINATES_LIMIT else nullcontext()
