"""A student: a network's weights, and in the same file how photographs are shown to it and what its
confidence is made of.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from pydantic import Field, ValidationError
from safetensors.torch import load_file, save
from torch import nn

from automask.errors import WeightsError
from automask.result_settings import Section
from automask.sam.weights import metadata
from automask.system.files import write_bytes
from automask.train.nets import build_net, use_channels_last
from automask.train.settings import NetConfig, ViewConfig

FILE = "student.safetensors"
ARCH = "student"  # in the file's metadata, by which `--model` knows it


class Calibration(Section):
    """How likely a mask is good (IoU of 0.8 and more) by the IoU that the network expects of it."""

    slope: float = 1.0
    intercept: float = 0.0
    images: int = 0  # of the validation split, which it was fitted on; 0: it was not


class StudentNotes(Section):
    """What is known of a student."""

    net: NetConfig
    view: ViewConfig
    calibration: Calibration = Calibration()
    begun_from: str = "random weights"
    learned_from: int = Field(0, ge=0)  # photographs
    steps: int = Field(0, ge=0)


def write_student(file: Path, net: nn.Module, notes: StudentNotes) -> None:
    """Writes weights and notes, whole or not at all. Raises OutputError."""
    state = {name: tensor.contiguous() for name, tensor in net.state_dict().items()}
    write_bytes(file, save(state, {"arch": ARCH, "student": notes.model_dump_json()}))


def read_notes(file: Path) -> StudentNotes:
    """What a student's file says of itself. Raises WeightsError where it is none."""
    try:
        return StudentNotes.model_validate_json(metadata(file).get("student", ""))
    except ValidationError as error:
        raise WeightsError(f"{file} is no student of `automask train`: {error}") from error


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


def begin_from(net: nn.Module, file: Path) -> None:
    """Goes on from another student's weights. Raises WeightsError where they do not fit."""
    file = file / FILE if file.is_dir() else file
    if not file.is_file():
        raise WeightsError(f"--weights {file} does not exist; imagenet, none, or a student's file")
    read_notes(file)
    load_state(net, load_file(file), file)


def file_of(student: Path) -> Path:
    """The file of a student given by its folder or by the file. Raises WeightsError."""
    file = student / FILE if student.is_dir() else student
    if not file.is_file():
        raise WeightsError(f"{student} holds no student; name what `automask train` made")
    return file


def is_finite(net: nn.Module) -> bool:
    """Whether every weight is a number still."""
    return all(bool(torch.isfinite(p).all()) for p in net.parameters())
