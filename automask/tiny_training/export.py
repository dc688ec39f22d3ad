"""From a training checkpoint to the file that automask ships."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import torch
from safetensors.torch import save_file
from segment_anything.modeling import Sam

from automask.sam.tiny import TinyArchitecture


def export(sam: Sam, arch: TinyArchitecture, file: Path, notes: dict[str, str]) -> None:
    """Writes the weights in half precision, with the architecture in the file's metadata.

    Half precision halves the file; the masks it gives differ from float32's in single pixels. What
    half precision cannot hold (running variances above 65504) raises ValueError.
    """
    state = {k: _half(k, v) for k, v in sam.state_dict().items() if "num_batches" not in k}
    metadata = {"architecture": json.dumps(asdict(arch)), **notes}
    save_file(state, file, metadata)


def _half(name: str, value: torch.Tensor) -> torch.Tensor:
    half = value.detach().half().contiguous()
    if not torch.isfinite(half).all():
        raise ValueError(f"{name} does not fit into half precision")
    return half
