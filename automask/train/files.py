"""A student's file: where it is, and what it says of itself. Imports no torch."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field, ValidationError

from automask.errors import WeightsError
from automask.result_settings import Section
from automask.sam.checkpoints import STUDENT
from automask.sam.weights import metadata
from automask.train.settings import NetConfig, ViewConfig

FILE = STUDENT.file
ARCH = STUDENT.arch  # in the file's metadata, by which `--model` knows it


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


def read_notes(file: Path) -> StudentNotes:
    """What a student's file says of itself. Raises WeightsError where it is none."""
    try:
        return StudentNotes.model_validate_json(metadata(file).get("student", ""))
    except ValidationError as error:
        raise WeightsError(f"{file} is no student of `automask train`: {error}") from error


def file_of(student: Path) -> Path:
    """The file of a student given by its folder or by the file. Raises WeightsError."""
    file = student / FILE if student.is_dir() else student
    if not file.is_file():
        raise WeightsError(f"{student} holds no student; name what `automask train` made")
    read_notes(file)
    return file


def finds_objects(file: Path) -> bool:
    """Whether a student separates objects."""
    return read_notes(file).net.labels == "objects"
