"""What is made of a record."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from automask.serve.answers import failure, headers, runs

if TYPE_CHECKING:
    from conftest import RecordMaker


@pytest.mark.parametrize(
    ("mask", "counts"),
    [
        ([[0, 0], [0, 0]], [4]),
        ([[1, 0], [0, 0]], [0, 1, 3]),
        ([[0, 1], [1, 1]], [1, 3]),
        ([[1, 1], [1, 1]], [0, 4]),
    ],
)
def test_runs_go_down_the_columns_and_begin_with_background(
    mask: list[list[int]], counts: list[int]
) -> None:
    assert runs(np.array(mask, bool)) == counts


def test_pycocotools_reads_the_runs() -> None:
    coco = pytest.importorskip("pycocotools.mask")
    mask = np.random.default_rng(0).random((13, 7)) > 0.5
    packed = coco.frPyObjects({"size": [13, 7], "counts": runs(mask)}, 13, 7)
    assert (coco.decode(packed).astype(bool) == mask).all()


@pytest.mark.parametrize(
    ("error", "status"),
    [
        ("'a.jpg': not an image", 422),
        ("it took longer than 60 s", 504),
        ("its worker process died (killed by SIGSEGV)\n  trace", 500),
        ("out of memory, even with smaller blocks", 500),
        ("OSError: [Errno 28] No space left on device", 507),
    ],
)
def test_a_failure_has_its_status_and_reason(
    make_record: RecordMaker, error: str, status: int
) -> None:
    code, reason = failure(make_record(status="failed", error=error))
    assert code == status
    assert "\n" not in reason


def test_headers_say_what_became_of_a_photograph(make_record: RecordMaker) -> None:
    assert headers(make_record()) == {
        "x-automask-status": "ok",
        "x-automask-confidence": "0.5",
        "x-automask-flags": "touches_border",
        "x-automask-seconds": "0.7",
    }
