"""The command `automask train`."""

from __future__ import annotations

from enum import Enum
from pathlib import Path
from typing import Annotated, Any

import typer


class Arch(str, Enum):
    """The networks."""

    unet = "unet"
    deeplabv3 = "deeplabv3"
    deeplabv3plus = "deeplabv3+"
    fcn = "fcn"
    maskrcnn = "maskrcnn"


class Loss(str, Enum):
    """What becomes small."""

    bce = "bce"
    dice = "dice"
    bce_dice = "bce+dice"
    bce_iou = "bce+iou"
    focal = "focal"


class LabelsKind(str, Enum):
    """What the labels are made of."""

    binary = "binary"
    trimap = "trimap"
    objects = "objects"


def train_command(
    source: Annotated[
        Path,
        typer.Argument(
            metavar="OUTPUT", help="Output of `automask run`, or a folder with images/ and masks/."
        ),
    ],
    out: Annotated[Path, typer.Option(help="Folder for the student.")],
    images: Annotated[
        Path | None, typer.Option(help="The photographs, where they have moved since.")
    ] = None,
    truth: Annotated[
        Path | None, typer.Option(help="Folder of true masks, to learn from instead.")
    ] = None,
    values: Annotated[
        str | None, typer.Option(help="FOREGROUND, BACKGROUND, CONTOUR of the masks.")
    ] = None,
    arch: Annotated[
        Arch,
        typer.Option(
            metavar="NAME", help="unet, deeplabv3, deeplabv3+, fcn or maskrcnn: the network."
        ),
    ] = Arch.unet,
    encoder: Annotated[
        str | None,
        typer.Option(help="Of smp, such as resnet34.  (default: EfficientNet-Lite0)"),
    ] = None,
    weights: Annotated[
        str, typer.Option(help="imagenet, none, or a student to go on from.")
    ] = "imagenet",
    loss: Annotated[Loss, typer.Option(help="What becomes small; maskrcnn has its own.")] = (
        Loss.bce_dice
    ),
    labels: Annotated[
        LabelsKind | None,
        typer.Option(
            help="binary: the contour is ignored; trimap: it is a class; objects: maskrcnn.  "
            "(binary; of maskrcnn objects)"
        ),
    ] = None,
    size: Annotated[
        int | None, typer.Option(help="px of the longer side, 0: as it is.  (256; with --tile 0)")
    ] = None,
    tile: Annotated[
        int | None, typer.Option(help="Learn from square parts of so many px instead.")
    ] = None,
    regions: Annotated[
        str | None,
        typer.Option(help="Where tiles come from: rows:200, rows:40%, rows:found, grid:2x2, FILE."),
    ] = None,
    region_shares: Annotated[
        str | None, typer.Option(help="Of the tiles, such as 0.7,0.3.  (the same for each region)")
    ] = None,
    split: Annotated[
        str,
        typer.Option(help="TRAIN/VAL/TEST: shares, or patterns of names: 'train_*/val_*/test_*'."),
    ] = "0.6/0.2/0.2",
    holdout: Annotated[int, typer.Option(min=0, help="Pairs that nothing else sees.")] = 0,
    sizes: Annotated[
        str | None, typer.Option(help="How many images do I need? Trains each: 10,161,711.")
    ] = None,
    seeds: Annotated[int, typer.Option(min=1, help="How often each size is trained.")] = 1,
    epochs: Annotated[int, typer.Option(min=1, help="Passes over the photographs.")] = 30,
    steps: Annotated[int | None, typer.Option(min=1, help="Batches, instead of epochs.")] = None,
    batch: Annotated[int, typer.Option(min=2, help="Photographs or tiles in a step.")] = 8,
    rate: Annotated[float, typer.Option(help="The highest rate of AdamW.")] = 1e-3,
    min_confidence: Annotated[
        float, typer.Option(min=0, max=1, help="Leave out what is below.")
    ] = 0.0,
    seed: Annotated[int, typer.Option(min=0, help="Of the split, the order and the views.")] = 0,
    device: Annotated[str, typer.Option(help="auto, cpu, cuda, cuda:N or mps.")] = "auto",
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Train anew what is there.")
    ] = False,
) -> None:
    """Train a segmenter, a student, on the masks of a run.

    A rerun goes on where the last one stopped.
    """
    from automask.show.console import make_unattended_console
    from automask.train.printing import train_and_print
    from automask.train.settings import train_config

    wants_objects = labels is None and arch is Arch.maskrcnn
    chosen = LabelsKind.objects if wants_objects else labels or LabelsKind.binary
    given: dict[str, Any] = {
        "source": source,
        "out": out,
        "images": images,
        "truth": truth,
        "values": values,
        "net": {
            "arch": arch.value,
            "labels": chosen.value,
            **({"encoder": encoder} if encoder else {}),
        },
        "view": {
            **({"tile": tile, "size": 0} if tile else {}),
            **({} if size is None else {"size": size}),
        },
        "weights": weights,
        "loss": loss.value,
        "regions": regions,
        "region_shares": _numbers(region_shares),
        "split": split,
        "holdout": holdout,
        "epochs": epochs,
        "steps": steps,
        "batch": batch,
        "rate": rate,
        "min_confidence": min_confidence,
        "seed": seed,
        "device": device,
    }
    train_and_print(make_unattended_console(), train_config(given), _sizes(sizes), seeds, overwrite)


def _numbers(text: str | None) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",")) if text else ()


def _sizes(text: str | None) -> tuple[int, ...]:
    from automask.errors import UsageError

    try:
        sizes = tuple(int(part) for part in text.split(",")) if text else ()
    except ValueError:
        sizes = (0,)
    if any(size < 1 for size in sizes):
        raise UsageError(f"--sizes is numbers of photographs, such as 10,40,160, not {text!a}")
    return tuple(sorted(set(sizes)))
