"""From a training checkpoint to the file that automask ships."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import torch
from safetensors.torch import save_file
from segment_anything.modeling import Sam

from automask.sam.tiny import Architecture


def export(sam: Sam, arch: Architecture, file: Path, notes: dict[str, str]) -> None:
    """Writes the weights, with the architecture in the file's metadata.

    Kernels and matrices, nearly all of the file, in half precision: the masks it gives differ from
    float32's in single pixels. Vectors stay float32: running variances outgrow half precision.
    Raises ValueError where a kernel does.
    """
    state = {k: stored(k, v) for k, v in sam.state_dict().items() if "num_batches" not in k}
    metadata = {"architecture": json.dumps(asdict(arch)), **notes}
    save_file(state, file, metadata)


def stored(name: str, value: torch.Tensor) -> torch.Tensor:
    value = value.detach().contiguous()
    if value.ndim <= 1:
        return value.float()
    half = value.half()
    if not torch.isfinite(half).all():
        raise ValueError(f"{name} does not fit into half precision")
    return half
