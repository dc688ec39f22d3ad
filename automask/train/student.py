"""A student's network, to its file and back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from safetensors.torch import load_file, save
from torch import nn

from automask.errors import WeightsError
from automask.system.files import write_bytes
from automask.train.files import ARCH, StudentNotes, file_of, read_notes
from automask.train.nets import build_net, use_channels_last


def write_student(file: Path, net: nn.Module, notes: StudentNotes) -> None:
    """Writes weights and notes, whole or not at all. Raises OutputError."""
    state = {name: tensor.contiguous() for name, tensor in net.state_dict().items()}
    write_bytes(file, save(state, {"arch": ARCH, "student": notes.model_dump_json()}))


def load_student(file: Path, mapped: Path | None = None) -> tuple[nn.Module, StudentNotes]:
    """The network, ready to predict on the CPU, and its notes.

    mapped: a copy of the file that is read instead. Raises WeightsError where the file holds no
    student, or another network than it says.
    """
    notes = read_notes(file)
    net = build_net(notes.net)
    load_state(net, load_file(mapped or file), file)
    return use_channels_last(net).eval().requires_grad_(False), notes


def load_state(net: nn.Module, state: dict[str, Any], file: Path) -> None:
    """Raises WeightsError where the tensors are those of another network."""
    try:
        net.load_state_dict(state)
    except RuntimeError as error:
        first = str(error).partition("\n")[2].strip() or str(error)
        raise WeightsError(f"{file} holds another network than was asked for: {first}") from error


def begin_from(net: nn.Module, student: Path) -> None:
    """Goes on from another student's weights. Raises WeightsError where they do not fit."""
    if not student.exists():
        raise WeightsError(f"--weights {student} does not exist; imagenet, none, or a student")
    file = file_of(student)
    load_state(net, load_file(file), file)
