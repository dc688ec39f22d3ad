"""From a training checkpoint to the file that automask ships."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

from safetensors.torch import save_file

from automask.sam.refiner import Refiner
from automask.tiny_training.export import stored


def export(net: Refiner, file: Path, notes: dict[str, str]) -> None:
    """Writes the weights, kernels in half precision, with the sizes in the file's metadata."""
    state = {k: stored(k, v) for k, v in net.state_dict().items() if "num_batches" not in k}
    save_file(state, file, {"architecture": json.dumps(asdict(net.arch)), **notes})
