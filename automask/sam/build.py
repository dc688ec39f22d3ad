"""From verified weights to the SAM packages' own model objects."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

from automask.errors import InstallationError, WeightsError
from automask.sam.extra import refuse_without_package
from automask.sam.weights import Weights, locate, metadata


def _import_torch() -> None:
    """Turns the usual faults of a torch installation into one sentence, once, before any use."""
    try:
        import torchvision  # noqa: F401
    except (RuntimeError, ImportError) as error:
        raise InstallationError(
            f"torch and torchvision are not built for each other ({error}); reinstall both from "
            "the same place: pip install --force-reinstall torch torchvision"
        ) from error


_import_torch()

import torch  # noqa: E402
from safetensors.torch import load_file  # noqa: E402
from segment_anything import sam_model_registry  # noqa: E402

from automask.sam.tiny import (  # noqa: E402
    Architecture,
    ResidualArchitecture,
    TinyArchitecture,
    build_tiny,
)


def load_model(name: str, device: str = "cpu", arch: str | None = None) -> Any:
    """The package's own model object with verified weights, in eval mode.

    Args:
        name: A name from `automask models`, or a checkpoint's path.
        device: auto, cpu, cuda, cuda:N or mps.
        arch: The architecture of a checkpoint given by path.

    Returns:
        A `Sam` of segment-anything or a `SAM2Base` of sam2.

    Raises:
        ConfigError: The name or architecture is unknown.
        WeightsError: The checkpoint is missing or not verified.
        DeviceError: The device is not there.
        InstallationError: A package is missing.
    """
    from automask.sam.device import resolve_device

    return build(locate(name, arch)).to(resolve_device(device))


def build(weights: Weights, mapped: Path | None = None) -> Any:
    """The model with these weights on the CPU, float32, mapped from the file if that is float32.

    mapped: a float32 copy made by share.py, read instead of the original. Mapped pages are shared
    by all processes that read the file. `generator_defaults` on the model holds the settings that
    suit its checkpoint. Raises WeightsError where the file does not fit the architecture.
    """
    model = _architecture(weights)
    state = _as_float32(_read_state(mapped or weights.file))
    try:
        model.load_state_dict(state, assign=True)
    except RuntimeError as error:
        raise WeightsError(
            f"{weights.file} does not fit the architecture {weights.checkpoint.arch}: {error}"
        ) from error
    model.generator_defaults = dict(weights.checkpoint.settings)
    return model.eval().requires_grad_(False)


def _architecture(weights: Weights) -> Any:
    family, arch = weights.checkpoint.family, weights.checkpoint.arch
    if weights.checkpoint.is_student:
        raise WeightsError(
            f"{weights.file} is a student of `automask train`, which answers no points and boxes; "
            "name a SAM with --model"
        )
    if family == "tiny":
        return build_tiny(tiny_sizes(weights.file))
    if family == "sam":
        return sam_model_registry[arch]()
    refuse_without_package(weights.checkpoint)  # a worker of a cluster has packages of its own
    from sam2.build_sam import build_sam2

    return build_sam2(f"configs/{arch}.yaml", device="cpu")


def tiny_sizes(file: Path) -> Architecture:
    """The sizes that the training wrote into the file's metadata; the default's where it did not.

    The first generation named no backbone.
    """
    sizes = json.loads(metadata(file).get("architecture", "{}"))
    generation = ResidualArchitecture if "widths" in sizes else TinyArchitecture
    try:
        return generation(**{name: _as_tuple(value) for name, value in sizes.items()})
    except TypeError as error:
        raise WeightsError(f"{file} describes an architecture not known here: {error}") from error


def _as_tuple(value: Any) -> Any:
    """Lists of JSON, also nested ones, as the tuples they were."""
    return tuple(map(_as_tuple, value)) if isinstance(value, list) else value


def _as_float32(state: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Floating point tensors as float32; those that are it already stay mapped."""
    return {k: v.float() if v.is_floating_point() else v for k, v in state.items()}


def _read_state(file: Path) -> dict[str, torch.Tensor]:
    """The tensors of a checkpoint; nothing in the file is executed."""
    try:
        if file.suffix == ".safetensors":
            return dict(load_file(file))
        # Only the zip format that torch writes since 1.6 can be mapped.
        state = torch.load(
            file, map_location="cpu", weights_only=True, mmap=zipfile.is_zipfile(file)
        )
    except Exception as error:  # torch raises a dozen kinds; all of them mean this
        raise WeightsError(f"{file} cannot be read as a checkpoint: {error}") from error
    nested = state.get("model") if isinstance(state, dict) else None
    state = nested if isinstance(nested, dict) else state
    if not isinstance(state, dict) or not all(torch.is_tensor(v) for v in state.values()):
        raise WeightsError(f"{file} holds no table of tensors")
    return state
