"""Which images are shown, in which order, and what a sample says of the rest."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from automask.errors import UsageError
from automask.output.decisions import Decision
from automask.records import ImageRecord
from automask.review.worklist import estimate, id_of, make_worklist, next_open, wilson

if TYPE_CHECKING:
    from conftest import RecordMaker


@pytest.fixture
def records(make_record: RecordMaker) -> list[ImageRecord]:
    """Sure, unsure, flagged, nothing found, failed."""
    return [
        make_record(image="sure.jpg", confidence=0.9, flags=()),
        make_record(image="unsure.jpg", confidence=0.2, flags=()),
        make_record(image="flagged.jpg", confidence=0.8, flags=("tiny",)),
        make_record(image="nothing.jpg", confidence=0.0, flags=(), status="no_object"),
        make_record(image="failed.jpg", confidence=None, flags=(), status="failed"),
    ]


@pytest.mark.parametrize(
    ("queue", "images"),
    [
        ("confidence", ["failed.jpg", "nothing.jpg", "unsure.jpg"]),
        ("flags", ["flagged.jpg"]),
        ("failed", ["failed.jpg"]),
        ("no_object", ["nothing.jpg"]),
        ("all", ["failed.jpg", "flagged.jpg", "nothing.jpg", "sure.jpg", "unsure.jpg"]),
    ],
)
def test_a_queue_shows_what_is_most_likely_wrong_first(
    records: list[ImageRecord], queue: str, images: list[str]
) -> None:
    assert [item.record.image for item in make_worklist(records, queue).items] == images


@pytest.mark.parametrize("queue", ["doubtful", "sample:", "sample:0", "sample:-1", "sample:x"])
def test_other_queues_are_refused(records: list[ImageRecord], queue: str) -> None:
    with pytest.raises(UsageError, match="--queue"):
        make_worklist(records, queue)


def test_an_empty_queue_is_told(make_record: RecordMaker) -> None:
    with pytest.raises(UsageError, match="nothing in the queue failed; --queue all"):
        make_worklist([make_record()], "failed")


def test_a_sample_is_the_same_every_time_and_grows_by_more(make_record: RecordMaker) -> None:
    many = [make_record(image=f"{number}.jpg") for number in range(100)]
    few = [item.id for item in make_worklist(many, "sample:5").items]
    assert [item.id for item in make_worklist(reversed(many), "sample:20").items][:5] == few
    assert len({item.id for item in make_worklist(many, "sample:500").items}) == 100


def test_what_was_put_back_comes_after_all_others(records: list[ImageRecord]) -> None:
    worklist = make_worklist(records, "confidence")
    decisions: dict[str, Decision] = {}
    seen = []
    current = None
    for verdict in ("unsure", "accepted", "accepted"):
        item = next_open(worklist, decisions, current)
        assert item is not None
        seen.append(item.record.image)
        decisions[item.record.image] = Decision(item.record.image, verdict)
        current = item.id
    assert seen == ["failed.jpg", "nothing.jpg", "unsure.jpg"]
    again = next_open(worklist, decisions, current)
    assert again is not None
    assert again.record.image == "failed.jpg"
    decisions["failed.jpg"] = Decision("failed.jpg", "rejected")
    assert next_open(worklist, decisions, again.id) is None


def test_an_id_says_nothing_of_the_name() -> None:
    assert id_of("a.jpg") == "509b0d4641a7c3ba"
    assert len(id_of("caf\udce9.jpg")) == 16


def test_a_sample_estimates_the_share_of_bad_masks(make_record: RecordMaker) -> None:
    many = [make_record(image=f"{number}.jpg") for number in range(20)]
    worklist = make_worklist(many, "sample:10")
    verdicts = ["accepted"] * 7 + ["corrected", "rejected", "unsure"]
    decisions = {
        item.record.image: Decision(item.record.image, verdict)
        for item, verdict in zip(worklist.items, verdicts, strict=True)
    }
    told = estimate(worklist, decisions)
    assert told is not None
    assert (told.looked_at, told.bad) == (9, 2)
    assert told.share == pytest.approx(2 / 9)
    assert estimate(make_worklist(many, "all"), decisions) is None


def test_the_interval_is_wilsons() -> None:
    # Worked out with another program: statsmodels' proportion_confint(method="wilson").
    assert wilson(4, 50) == pytest.approx((0.03155, 0.18837), abs=1e-4)
    assert wilson(0, 50) == pytest.approx((0.0, 0.07135), abs=1e-4)
