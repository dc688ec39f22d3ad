"""Records that tell of what a person left, not of what the machine had found."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from PIL import Image

from automask.output.decisions import Decision
from automask.output.reviewed import as_reviewed

if TYPE_CHECKING:
    from conftest import RecordMaker

FILES = {"masks/a.png": "ab" * 32, "trimaps/a.png": "cd" * 32}


@pytest.mark.parametrize("verdict", ["accepted", "rejected", "unsure"])
def test_where_no_mask_was_drawn_the_record_stays(make_record: RecordMaker, verdict: str) -> None:
    record = make_record()
    assert as_reviewed(Path(), record, Decision("a.jpg", verdict, files=FILES)) is record
    assert as_reviewed(Path(), record, None) is record


def test_a_failed_image_that_was_drawn_by_hand_has_a_result(
    tmp_path: Path, make_record: RecordMaker
) -> None:
    (tmp_path / "masks").mkdir()
    Image.new("L", (40, 30)).save(tmp_path / "masks" / "a.png")
    failed = make_record(
        status="failed", error="damaged", output=None, kinds=(), width=None, height=None
    )
    record = as_reviewed(tmp_path, failed, Decision("a.jpg", "corrected", files=FILES))
    assert (record.status, record.error, record.output) == ("ok", None, "masks/a.png")
    assert (record.kinds, record.width, record.height) == (("mask", "trimap"), 40, 30)


def test_where_a_person_sees_no_object_there_is_none(make_record: RecordMaker) -> None:
    record = as_reviewed(Path(), make_record(), Decision("a.jpg", "no_object", files=FILES))
    assert record.status == "no_object"
