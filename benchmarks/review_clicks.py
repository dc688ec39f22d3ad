"""How much a few clicks mend: the least sure masks of a run, corrected by a simulated person.

    python benchmarks/review_clicks.py OUTPUT TRUTH [--masks 60] [--clicks 3] [--pick]

Each click is set at the centre of the largest wrong region, as SAM's authors simulate a person
(Kirillov et al., "Segment Anything", 2023), and goes to the review server's own address as the
page would send it. The first suggestion is taken; with --pick, as a person does who looks at all
of them, the best, or the mask as it was. Nothing is saved. Prints a table.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from starlette.testclient import TestClient

from automask.evaluate.results import read_labels
from automask.image.metrics import mask_iou
from automask.image.sizes import resized
from automask.review.app import make_app
from automask.review.desk import Desk
from automask.review.runs import from_runs, to_runs
from automask.review.source import open_source
from automask.review.start import make_assistant
from automask.review.worklist import make_worklist
from automask.web.access import Access

Mask = NDArray[np.bool_]
GOOD = 0.8  # IoU from which a mask counts as good, as everywhere in automask


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("output", type=Path)
    asked.add_argument("truth", type=Path)
    asked.add_argument("--masks", type=int, default=60)
    asked.add_argument("--clicks", type=int, default=3)
    asked.add_argument("--pick", action="store_true")
    given = asked.parse_args()
    desk, client, items = _server(given.output, given.masks)
    ious = [_corrected(client, item, given.truth, given.clicks, given.pick) for item in items]
    assert desk.helper is not None
    desk.helper.close()
    _print(np.array(ious))


def _server(output: Path, count: int) -> tuple[Desk, TestClient, list[dict[str, Any]]]:
    """The server with the run's model, and the images with the lowest confidence."""
    source = open_source(output)
    desk = Desk(source, make_worklist(source.records.values(), "all"), "")
    desk.helper = make_assistant(source, desk, None, "cpu")
    app = make_app(desk, Access("token", "automask"))
    client = TestClient(app, headers={"authorization": "Bearer token", "host": "localhost"})
    items = client.get("/api/queue", params={"count": 500}).json()["items"]
    return desk, client, sorted(items, key=lambda item: item["confidence"] or 0.0)[:count]


def _corrected(
    client: TestClient, item: dict[str, Any], truth: Path, clicks: int, picks: bool
) -> list[float]:
    """IoU before the first click and after each."""
    details = client.get(f"/api/images/{item['id']}").json()
    size = details["height"], details["width"]
    true = _true(truth / f"{Path(item['name']).stem}.png", size)
    mask = np.zeros(size, np.bool_)
    for runs in details["objects"]:
        mask |= from_runs(runs, size)
    points: list[dict[str, Any]] = []
    key: str | None = None
    ious = [mask_iou(mask, true)]
    for _ in range(clicks):
        point = _click(mask, true)
        if point is not None:
            points.append(point)
            answers = _answers(client, item["id"], points, mask, key)
            if picks:
                mask, key = max([(mask, key), *answers], key=lambda one: mask_iou(one[0], true))
            else:
                mask, key = answers[0]
        ious.append(mask_iou(mask, true))
    return ious


def _true(file: Path, size: tuple[int, int]) -> Mask:
    return resized(read_labels(file, None).mask, size)


def _click(mask: Mask, true: Mask) -> dict[str, Any] | None:
    """In the largest region that is wrong, the point farthest from its edge; None: all is right."""
    wrong = (mask ^ true).astype(np.uint8)
    _, regions, stats, _ = cv2.connectedComponentsWithStats(wrong, connectivity=8)
    if len(stats) == 1:
        return None
    region = regions == 1 + int(stats[1:, cv2.CC_STAT_AREA].argmax())
    depth = cv2.distanceTransform(np.pad(region, 1).astype(np.uint8), cv2.DIST_L2, 5)[1:-1, 1:-1]
    y, x = np.unravel_index(int(depth.argmax()), depth.shape)
    return {"x": float(x) + 0.5, "y": float(y) + 0.5, "on": bool(true[y, x])}


def _answers(
    client: TestClient, name: str, points: list[dict[str, Any]], mask: Mask, key: str | None
) -> list[tuple[Mask, str | None]]:
    current = to_runs(mask) if mask.any() else None
    sent = {"points": points, "current": current, "previous": key}
    told = client.post(f"/api/images/{name}/ask", json=sent).json()
    return [(from_runs(one["runs"], mask.shape), one["key"]) for one in told]


def _print(ious: NDArray[np.float64]) -> None:
    print(f"{len(ious)} masks with the lowest confidence\n")
    print("| clicks | mean IoU | median IoU | good (0.8 and more) |")
    print("|---|---|---|---|")
    for clicks, column in enumerate(ious.T):
        good = f"{(column >= GOOD).sum()} of {len(column)}"
        print(f"| {clicks} | {column.mean():.3f} | {np.median(column):.3f} | {good} |")


if __name__ == "__main__":
    main()
