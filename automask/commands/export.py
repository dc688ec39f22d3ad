"""The command `automask export`."""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from automask.export.source import Photo


class To(str, Enum):
    """The formats."""

    coco = "coco"
    yolo_seg = "yolo-seg"
    voc = "voc"
    label_studio = "label-studio"
    cvat = "cvat"
    csv = "csv"
    fiftyone = "fiftyone"


class Segmentation(str, Enum):
    """Encodings of a mask."""

    rle = "rle"
    polygon = "polygon"


class ClassFrom(str, Enum):
    """Sources of classes."""

    folder = "folder"


def export_command(
    output: Annotated[Path, typer.Argument(metavar="OUTPUT", help="Output folder of a run.")],
    to: Annotated[To, typer.Option(help="The format.")],
    out: Annotated[
        Path, typer.Option(help="Folder; for coco, cvat and csv also a file, .json, .xml, .csv.")
    ],
    images: Annotated[
        Path | None, typer.Option(help="Folder of the photographs, if they have moved.")
    ] = None,
    split: Annotated[
        str | None,
        typer.Option(help="TRAIN/VAL[/TEST], such as 0.8/0.1/0.1.  (yolo-seg: 0.8/0.2)"),
    ] = None,
    seed: Annotated[int, typer.Option(help="Seed of the split.")] = 0,
    class_name: Annotated[str, typer.Option("--class", help="Class of the objects.")] = "object",
    class_from: Annotated[
        ClassFrom | None, typer.Option(help="folder: a photograph's first folder is its class.")
    ] = None,
    tolerance: Annotated[
        float, typer.Option(min=0, help="Largest distance of polygon and outline, px.")
    ] = 1.0,
    segmentation: Annotated[
        Segmentation | None,
        typer.Option(help="rle or polygon, of coco and cvat.  (coco: rle; cvat: polygon)"),
    ] = None,
    min_confidence: Annotated[
        float | None, typer.Option(min=0, max=1, help="Leave out masks with a lower confidence.")
    ] = None,
    reviewed_only: Annotated[
        bool, typer.Option("--reviewed-only", help="Leave out what no person has reviewed.")
    ] = False,
    copy_images: Annotated[
        bool,
        typer.Option(
            "--copy-images", help="Copy the photographs.  (default for yolo-seg, voc, fiftyone)"
        ),
    ] = False,
    link_images: Annotated[
        bool,
        typer.Option("--link-images", help="Link the photographs instead, without using space."),
    ] = False,
    image_prefix: Annotated[
        str, typer.Option(help="URL prefix of the photographs in label-studio.")
    ] = "/data/local-files/?d=",
    values: Annotated[
        str | None,
        typer.Option(help="FOREGROUND, BACKGROUND, CONTOUR of the masks.  (default: inferred)"),
    ] = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Write into a folder that holds other files.")
    ] = False,
) -> None:
    """Write the masks in the format of a training or labelling tool."""
    from rich.progress import track

    from automask.errors import UsageError
    from automask.export.export import Options, export
    from automask.export.printing import print_result
    from automask.show.console import make_console

    if copy_images and link_images:
        raise UsageError("--copy-images or --link-images, not both")
    options = Options(
        output=output,
        to=to.value,
        out=out,
        images=images,
        shares=split,
        seed=seed,
        category=class_name,
        category_from_folder=class_from is not None,
        tolerance=tolerance,
        min_confidence=min_confidence,
        segmentation=None if segmentation is None else segmentation.value,
        photographs="copy" if copy_images else "link" if link_images else None,
        image_prefix=image_prefix,
        values=values,
        overwrite=overwrite,
        reviewed_only=reviewed_only,
    )
    console = make_console()
    hidden = not console.is_terminal

    def show(photos: Iterable[Photo], what: str, total: int) -> Iterable[Photo]:
        return track(photos, what, total, console=console, disable=hidden)

    result = export(options, show)
    print_result(console, result)
    raise typer.Exit(result.exit_code)
