"""The command `automask export-student`."""

from __future__ import annotations

from enum import Enum
from pathlib import Path
from typing import Annotated

import typer


class To(str, Enum):
    """The formats."""

    onnx = "onnx"


def export_student_command(
    student: Annotated[
        Path, typer.Argument(metavar="STUDENT", help="Folder or file of `automask train`.")
    ],
    out: Annotated[Path, typer.Option(help="File to write, .onnx; an example lies beside it.")],
    images: Annotated[
        Path, typer.Option(help="Photographs to check it with, 16 of them; to calibrate int8.")
    ],
    to: Annotated[To, typer.Option(help="The format.")] = To.onnx,
    truth: Annotated[
        Path | None, typer.Option(help="Folder of their true masks, for what int8 costs.")
    ] = None,
    int8: Annotated[bool, typer.Option("--int8", help="Write a version of 8 bits too.")] = False,
) -> None:
    """Write a student as ONNX, checked against torch.

    The file takes pixels of 0 to 255 and gives probabilities; onnxruntime alone runs it.
    """
    from automask.show.console import make_unattended_console, shown
    from automask.show.grid import NOTHING, Grid, print_grid
    from automask.system.files import refuse_unwritable
    from automask.train.extra import require_onnx_packages, require_training_packages
    from automask.train.files import file_of

    refuse_unwritable(out, "--out", f".{to.value}")
    file = file_of(student)
    require_training_packages()
    require_onnx_packages()
    from automask.train.onnx_export import export_onnx

    exported = export_onnx(file, out, images, truth, int8)
    rows = tuple(
        (
            one.name,
            f"{one.megabytes:.1f}",
            f"{one.seconds * 1000:.1f}",
            f"{one.furthest:.1e}",
            f"{one.alike:.4f}",
            NOTHING if one.iou is None else f"{one.iou:.4f}",
        )
        for one in exported.versions
    )
    console = make_unattended_console()
    heads = ("version", "MB", "ms/image", "furthest from torch", "IoU with torch", "IoU with truth")
    print_grid(console, Grid(heads, rows))
    console.print(f"on {exported.photographs} photographs, one thread")
    written = [one.file for one in exported.versions if one.file is not None]
    for path in (*written, exported.example):
        console.print(f"written: {shown(str(path))}")
