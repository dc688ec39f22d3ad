"""The model card that a training writes: data, split, figures, licences."""

from __future__ import annotations

from typing import Any

from torch import nn

from automask.train.files import StudentNotes
from automask.train.nets import parameters_of
from automask.train.prepare import Prepared

NAMES = {
    "iou": "IoU", "dice": "Dice", "auroc": "AUROC", "average_precision": "average precision",
    "ap50": "AP50",
}  # fmt: skip


def model_card(
    prepared: Prepared, notes: StudentNotes, figures: dict[str, dict[str, Any]], net: nn.Module
) -> str:
    """Markdown."""
    parts = (
        "# A student of automask",
        _what(notes, net),
        "## Data",
        _data(prepared),
        "## Figures",
        _figures(figures),
        "## Use",
        "    automask predict student.safetensors PHOTOGRAPHS OUTPUT",
        "## Limits",
        _limits(notes),
    )
    return "\n\n".join(parts) + "\n"


def _what(notes: StudentNotes, net: nn.Module) -> str:
    view = notes.view
    shown = f"tiles of {view.tile} px" if view.tile else f"{view.size} px on the longer side"
    return (
        f"{notes.net.arch} on {notes.net.encoder}, {parameters_of(net) / 1e6:.1f} million "
        f"parameters; labels: {notes.net.labels}; it is shown {shown}. It began from "
        f"{notes.begun_from}, and learned for {notes.steps} steps from {notes.learned_from} "
        "photographs."
    )


def _data(prepared: Prepared) -> str:
    config = prepared.config
    masks = "true masks" if config.truth else "the masks of a run or folder"
    counts = {side: len(names) for side, names in prepared.split().items()}
    kept = ", ".join(f"{side} {count}" for side, count in counts.items() if count)
    chance = "" if any(c.isalpha() for c in config.split) else ", near-duplicates on one side"
    return (
        f"Learned from {masks}: `{config.source.name}`. Split `{config.split}`{chance}: {kept}; "
        f"the names are in `split.json`. Left out: {len(prepared.left_out)}, with reasons in "
        "`training.json`. The licence of the photographs and masks is theirs, and who passes this "
        "student on must look at it."
    )


def _figures(figures: dict[str, dict[str, Any]]) -> str:
    columns = [name for name in NAMES if any(name in row for row in figures.values())]
    head = " | ".join(["side", "photographs", *(NAMES[name] for name in columns)])
    lines = [f"| {head} |", "|" + "---|" * (len(columns) + 2)]
    for side, row in figures.items():
        cells = [side, str(row["images"]), *(_number(row.get(name)) for name in columns)]
        lines.append(f"| {' | '.join(cells)} |")
    table = "\n".join(lines)
    return (
        f"{table}\n\nAgainst the masks that it was given, at the size that it is shown, contours "
        "left out. The validation split has chosen the weights: its figures flatter."
    )


def _limits(notes: StudentNotes) -> str:
    calibration = notes.calibration
    confidence = (
        f"Its confidence was calibrated on {calibration.images} photographs of the validation "
        "split."
        if calibration.images
        else "Its confidence is not calibrated: it is what the network itself expects."
    )
    return (
        f"It knows photographs like those it has learned from, and no others. {confidence} Where "
        "its teacher's masks were wrong in the same way again and again, it has learned that."
    )


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"
