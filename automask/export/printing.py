"""The summary printed after an export."""

from __future__ import annotations

from typing import Any

from rich.console import Console

from automask.export.export import Result
from automask.show.console import shown

SHOWN_SKIPPED = 10


def print_result(console: Console, result: Result) -> None:
    """Print what was written and where, the loss of the polygons, and what was left out."""
    for line in lines(result.summary):
        console.print(shown(line))
    console.print(f"written: {shown(str(result.place))}")


def lines(summary: dict[str, Any]) -> list[str]:
    """The summary as lines of text."""
    said = [
        f"{summary['format']}: {summary['photographs']} photographs, {summary['objects']} objects, "
        f"{summary['without_object']} photographs without any; classes: {_list(summary['classes'])}"
    ]
    if summary["split"]:
        said.append(_split(summary["split"]))
    if summary["polygons"]:
        said.append(_polygons(summary["polygons"]))
    if summary["written_anew"]:
        said.append(
            f"{len(summary['written_anew'])} photographs written anew as upright JPEG, for readers "
            "that ignore their orientation or their kind of file"
        )
    return said + _skipped(summary["skipped"])


def _list(names: list[str]) -> str:
    more = len(names) - SHOWN_SKIPPED
    return ", ".join(names[:SHOWN_SKIPPED]) + (f" and {more} more" if more > 0 else "")


def _split(split: dict[str, Any]) -> str:
    sides = ", ".join(f"{count} {side}" for side, count in split["photographs"].items())
    near = split["near_duplicates"]
    if not near["groups"]:
        return f"split, seed {split['seed']}: {sides}; no near duplicates"
    return (
        f"split, seed {split['seed']}: {sides}; {near['photographs']} photographs have near "
        f"duplicates, in {near['groups']} groups that are not divided, the largest of "
        f"{near['largest']}"
    )


def _polygons(polygons: dict[str, Any]) -> str:
    return (
        f"polygons: tolerance {polygons['tolerance_px']:g} px, {polygons['points']} points for "
        f"{polygons['objects']} objects; IoU with the masks {polygons['mean_iou']:.4f} on average, "
        f"{polygons['worst_iou']:.4f} at worst ({polygons['worst_image']})"
    )


def _skipped(skipped: list[dict[str, str]]) -> list[str]:
    said = [f"  left out {one['image']}: {one['reason']}" for one in skipped[:SHOWN_SKIPPED]]
    if skipped:
        said.insert(0, f"{len(skipped)} photographs are not in it:")
    if len(skipped) > SHOWN_SKIPPED:
        said.append(f"  and {len(skipped) - SHOWN_SKIPPED} more, see the export's JSON")
    return said
