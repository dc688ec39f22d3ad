"""Decisions become files and a line in the store; the machine's results are kept."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from review_desk import CLIENT, FakeHelper, drawn_now, machine_mask, make_desk, write_output

from automask.errors import ImageError
from automask.output.decisions import read_decisions, read_history
from automask.output.ledger import load_records
from automask.review.desk import ConflictError, Desk, UnknownError
from automask.review.runs import to_runs
from automask.review.wire import AskSent, DecideSent, EditSent, PreviewSent
from automask.review.worklist import id_of

if TYPE_CHECKING:
    from conftest import RecordMaker

A = id_of("a.png")
OTHER = np.zeros((30, 40), bool)
OTHER[5:9, 3:20] = True


@pytest.fixture
def output(tmp_path: Path, make_record: RecordMaker) -> Path:
    records = [
        make_record(image="a.png", kinds=("mask", "trimap"), width=40, height=30),
        make_record(image="b.png", status="failed", confidence=None, kinds=(), flags=()),
    ]
    return write_output(tmp_path, records)


@pytest.fixture
def desk(output: Path) -> Desk:
    return make_desk(output, helper=FakeHelper())


def sent(verdict: str = "accepted", **changes: Any) -> DecideSent:
    return DecideSent(
        **{"verdict": verdict, "client": CLIENT, "token": verdict.replace("_", "-"), **changes}
    )


def test_an_accepted_mask_stays_and_is_kept_as_the_machines(desk: Desk, output: Path) -> None:
    before = (output / "masks" / "a.png.png").read_bytes()
    desk.decide(A, sent(objects=[to_runs(machine_mask())], seconds=3.21))
    decision = read_decisions(output)["a.png"]
    assert (decision.verdict, decision.reviewer, decision.seconds) == ("accepted", "Ada", 3.2)
    assert sorted(decision.files) == ["masks/a.png.png", "trimaps/a.png.png"]
    assert (output / "masks" / "a.png.png").read_bytes() == before
    assert (output / "machine" / "masks" / "a.png.png").read_bytes() == before


def test_a_corrected_mask_becomes_every_kind_that_the_run_saved(desk: Desk, output: Path) -> None:
    machines = (output / "trimaps" / "a.png.png").read_bytes()
    desk.decide(A, sent(objects=[to_runs(OTHER)]))
    assert read_decisions(output)["a.png"].verdict == "corrected"
    assert (drawn_now(output, "a.png", "mask") == OTHER * 255).all()
    trimap = drawn_now(output, "a.png", "trimap")
    assert ((trimap == 1) == OTHER).all()
    assert trimap[4, 3] == 3  # the contour, one step outside
    assert (output / "machine" / "trimaps" / "a.png.png").read_bytes() == machines
    assert load_records(output)["a.png"].status == "ok"  # the machine's record stays


def test_coming_back_to_the_machines_mask_restores_its_files(desk: Desk, output: Path) -> None:
    machines = (output / "trimaps" / "a.png.png").read_bytes()
    first = desk.decide(A, sent(objects=[to_runs(OTHER)], token="1"))
    seen = first["decided_at"]
    desk.decide(A, sent(objects=[to_runs(machine_mask())], token="2", seen=seen))
    assert (output / "trimaps" / "a.png.png").read_bytes() == machines
    assert [d.verdict for d in read_history(output)] == ["corrected", "accepted"]


def test_no_object_empties_the_mask(desk: Desk, output: Path) -> None:
    desk.decide(A, sent("no_object"))
    assert not drawn_now(output, "a.png").any()
    assert (drawn_now(output, "a.png", "trimap") == 2).all()


@pytest.mark.parametrize("verdict", ["rejected", "unsure"])
def test_what_is_rejected_or_put_back_keeps_its_files(
    desk: Desk, output: Path, verdict: str
) -> None:
    desk.decide(A, sent(verdict))
    assert (drawn_now(output, "a.png") == machine_mask() * 255).all()
    assert read_decisions(output)["a.png"].verdict == verdict


def test_a_failed_image_gets_a_mask_by_hand(desk: Desk, output: Path) -> None:
    desk.decide(id_of("b.png"), sent(objects=[to_runs(OTHER)]))
    assert (drawn_now(output, "b.png") == OTHER * 255).all()
    assert read_decisions(output)["b.png"].verdict == "corrected"


def test_an_unreadable_photograph_can_still_be_rejected(desk: Desk, output: Path) -> None:
    (output.parent / "in" / "b.png").write_bytes(b"no picture")
    with pytest.raises(ImageError, match="not an image"):
        desk.details(id_of("b.png"))
    desk.decide(id_of("b.png"), sent("rejected"))
    assert read_decisions(output)["b.png"].verdict == "rejected"


def test_a_decision_sent_twice_is_written_once(desk: Desk, output: Path) -> None:
    for _ in range(2):
        desk.decide(A, sent(objects=[to_runs(OTHER)], token="same"))
    assert len(list(read_history(output))) == 1


def test_nobody_overwrites_what_another_decided_meanwhile(desk: Desk, output: Path) -> None:
    other = make_desk(output)
    other.decide(A, sent("rejected", token="theirs", reviewer="Bob"))
    with pytest.raises(ConflictError, match="Bob has decided about this image meanwhile"):
        desk.decide(A, sent(objects=[to_runs(OTHER)]))
    assert (drawn_now(output, "a.png") == machine_mask() * 255).all()


def test_nobody_saves_what_another_has_in_hand(desk: Desk) -> None:
    desk.lease(A, "client-2", "Bob")
    with pytest.raises(ConflictError, match="Bob has this image in hand"):
        desk.decide(A, sent())
    desk.release(A, "client-2")
    desk.decide(A, sent())


def test_a_mask_of_another_size_is_refused(desk: Desk, output: Path) -> None:
    with pytest.raises(ValueError, match="do not add up to 40 x 30"):
        desk.decide(A, sent(objects=[[5]]))
    assert read_decisions(output) == {}


def test_prompts_and_strokes_are_kept_in_pixels_of_the_photograph(desk: Desk, output: Path) -> None:
    prompt = {"points": [{"x": 3, "y": 4, "on": True}], "box": None}
    stroke = {"tool": "brush", "amount": 5, "points": [[1, 2]]}
    desk.decide(A, sent(prompts=[prompt], strokes=[stroke]))
    decision = read_decisions(output)["a.png"]
    assert decision.prompts == ({"points": [[3.0, 4.0, 1]], "box": None},)
    assert decision.strokes == ({"tool": "brush", "amount": 5.0, "points": [[1.0, 2.0]]},)


def test_an_id_of_no_image_is_unknown(desk: Desk) -> None:
    with pytest.raises(UnknownError):
        desk.details("0" * 16)


def test_details_tell_the_mask_and_the_machines(desk: Desk) -> None:
    told = desk.details(A)
    assert (told["width"], told["height"], told["full"]) == (40, 30, [40, 30])
    assert told["objects"] == [to_runs(machine_mask())]
    assert told["machine"] is None
    desk.decide(A, sent(objects=[to_runs(OTHER)]))
    told = desk.details(A)
    assert (told["objects"], told["machine"]) == ([to_runs(OTHER)], [to_runs(machine_mask())])


def test_clicks_go_to_the_model_with_the_mask_in_hand(desk: Desk) -> None:
    clicked = AskSent(points=[{"x": 9, "y": 9, "on": True}], current=to_runs(machine_mask()))
    (answer,) = desk.ask(A, clicked)
    assert isinstance(desk.helper, FakeHelper)
    assert desk.helper.asked[0].points == [(9, 9, True)]
    assert (answer["iou"], answer["key"]) == (0.9, "k1-0")


def test_without_a_model_the_hands_are_left(output: Path) -> None:
    desk = make_desk(output)
    with pytest.raises(ConflictError, match="no model is at hand"):
        desk.ask(A, AskSent())
    grown = desk.edit(A, EditSent(tool="grow", amount=1, mask=to_runs(machine_mask())))
    assert sum(grown[1::2]) == 10 * 20 + 2 * (10 + 20)


def test_a_preview_is_drawn_from_what_was_sent(desk: Desk) -> None:
    png = desk.preview(A, PreviewSent(kind="cutout", objects=[to_runs(machine_mask())]))
    assert png.startswith(b"\x89PNG")


def test_the_next_photographs_are_encoded_ahead(desk: Desk) -> None:
    desk.details(A)
    assert isinstance(desk.helper, FakeHelper)
    assert desk.helper.ahead == [A, id_of("b.png")]


def test_the_queue_is_told_in_parts_and_by_what_is_left(desk: Desk) -> None:
    desk.decide(A, sent())
    assert [e["name"] for e in desk.entries(0, 10, "all", "")["items"]] == ["a.png", "b.png"]
    assert [e["name"] for e in desk.entries(0, 10, "open", "")["items"]] == ["b.png"]
    assert [e["verdict"] for e in desk.entries(0, 10, "done", "")["items"]] == ["accepted"]
    assert desk.entries(1, 1, "all", "")["total"] == 2
    assert desk.entries(0, 10, "all", "B.P")["total"] == 1
    assert desk.next_id(None) == id_of("b.png")
    assert desk.progress()["left"] == 1
