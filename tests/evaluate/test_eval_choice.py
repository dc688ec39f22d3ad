"""The table of rules: literal proposals with known IoU."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fake_model import FakeModel
from rich.console import Console

from automask.config import RunConfig
from automask.evaluate import choice as eval_choice
from automask.evaluate.choice import (
    FromModel,
    FromTruth,
    Row,
    argmax_predicted_iou,
    evaluate,
    largest_inside,
    print_table,
    write_csv,
)
from automask.image.metrics import boundary_f
from automask.labelled.folder import Labelled
from automask.records import Mask, Proposal, ProposalSet, Scene

QUIET = Console(quiet=True)
RED, GROUND = (200, 30, 30), (0, 255, 0)


def box(top: int, left: int, bottom: int, right: int) -> np.ndarray:
    mask = np.zeros((20, 20), np.bool_)
    mask[top:bottom, left:right] = True
    return mask


OBJECT = box(5, 5, 15, 15)
HALF = box(5, 5, 15, 10)  # IoU with OBJECT 0.5
BACKDROP = ~OBJECT  # IoU with OBJECT 0
EMPTY = box(0, 0, 0, 0)
PROPOSALS = [Proposal(BACKDROP, 0.99, 0.99), Proposal(OBJECT, 0.9, 0.95), Proposal(HALF, 0.8, 0.9)]
CONFIG = RunConfig(input=Path("images"), output=Path("."))


def labelled(truth: np.ndarray = OBJECT, name: str = "set_1.png") -> Labelled:
    return Labelled(name, np.where(truth[..., None], RED, GROUND).astype(np.uint8), truth)


class FakeProposer(FakeModel):
    """The same proposals for any image; a second look would see `again`."""

    def __init__(
        self,
        proposals: list[Proposal] = PROPOSALS,
        max_side: int = 0,
        again: Callable[[np.ndarray, Mask], Mask] | None = None,
    ) -> None:
        self.proposals, self.max_side, self.again = proposals, max_side, again
        self.look_again_below = 1.0 if again else 0.0
        self.seen: list[tuple[int, ...]] = []

    def propose(self, image_rgb: np.ndarray) -> ProposalSet:
        self.seen.append(image_rgb.shape)
        return ProposalSet(self.proposals, Scene(), {"encode": 0.0, "decode": 0.0})

    def look_again(self, image_rgb: np.ndarray, mask: Mask) -> ProposalSet:
        assert self.again is not None
        seen = Proposal(self.again(image_rgb, mask), 0.95, 0.95)
        return ProposalSet([seen], Scene(), {"encode": 0.0, "decode": 0.0})


def row_for(
    proposals: list[Proposal], photograph: Labelled | None = None, config: RunConfig = CONFIG
) -> Row:
    source = FromModel(FakeProposer(proposals))
    (row,) = evaluate(config, [photograph or labelled()], QUIET, source)
    return row


# The rules


def test_argmax_takes_the_highest_predicted_iou() -> None:
    assert argmax_predicted_iou(PROPOSALS) == 0
    assert argmax_predicted_iou([]) is None


def test_largest_inside_leaves_out_what_touches_the_border() -> None:
    assert largest_inside(PROPOSALS) == 1


def test_largest_inside_takes_the_largest_of_all_if_each_touches_the_border() -> None:
    corner = Proposal(box(0, 0, 5, 5), 0.9, 0.9)
    assert largest_inside([corner, PROPOSALS[0]]) == 1
    assert largest_inside([]) is None


# A row


def test_each_rule_gets_the_iou_of_what_it_chose() -> None:
    row = row_for(PROPOSALS)
    assert (row.argmax, row.chosen, row.largest, row.oracle) == (0.0, 1.0, 1.0, 1.0)
    assert row.proposals == 3


def test_the_oracle_is_no_better_than_the_best_proposal() -> None:
    row = row_for([PROPOSALS[0], PROPOSALS[2]])
    assert row.oracle == 0.5


def test_a_row_names_its_photograph_and_its_data_set() -> None:
    row = row_for(PROPOSALS, labelled(name="sub_folder/ecssd_7.jpg"))
    assert (row.image, row.dataset) == ("sub_folder/ecssd_7.jpg", "ecssd")


def test_boundary_is_that_of_the_final_mask() -> None:
    _, whole, half = PROPOSALS
    assert row_for([half, whole]).boundary == 1
    assert row_for([half]).boundary == boundary_f(HALF, OBJECT) < 1


def test_without_a_proposal_every_rule_finds_nothing() -> None:
    row = row_for([])
    assert (row.argmax, row.chosen, row.largest, row.oracle) == (0, 0, 0, 0)
    assert (row.proposals, row.boundary, row.confidence) == (0, 0, 0)


def test_to_find_nothing_is_right_where_nothing_is() -> None:
    row = row_for([], labelled(EMPTY))
    assert (row.argmax, row.chosen, row.largest, row.oracle, row.boundary) == (1, 1, 1, 1, 1)


def test_masks_are_refined_before_they_are_measured() -> None:
    # One pixel of 400 is a hole of 0.0025.
    pierced = OBJECT.copy()
    pierced[10, 10] = False
    settings = RunConfig(input=Path("images"), output=Path("."), refine={"hole_fraction": 0.003})
    row = row_for([Proposal(pierced, 0.9, 0.95)], config=settings)
    assert (row.chosen, row.argmax, row.largest, row.oracle) == (1, 1, 1, 1)


def test_a_proposal_at_half_the_size_is_enlarged_to_the_truths() -> None:
    # The left half of the frame, in 10 x 10 and in 20 x 20.
    small, large = np.zeros((10, 10), np.bool_), np.zeros((20, 20), np.bool_)
    small[:, :5] = large[:, :10] = True
    row = row_for([Proposal(small, 0.9, 0.95)], labelled(large))
    assert row.oracle == 1


# What a run does after the choice


def test_the_second_look_is_told_apart_from_the_choice() -> None:
    # What was chosen is the left half; the second look, at the closeup around it, sees that filled
    # to 2 px from its right edge, which is 1 column more than half of the object.
    def again(_image_rgb: np.ndarray, mask: Mask) -> Mask:
        wider = mask.copy()
        wider[:, 1:] |= mask[:, :-1]
        return wider

    source = FromModel(FakeProposer([PROPOSALS[2]], again=again))
    (row,) = evaluate(CONFIG, [labelled()], QUIET, source)
    assert (row.chosen, row.looked, row.final) == (0.5, 0.6, 0.6)


def test_the_outline_that_is_drawn_to_the_edges_is_told_apart() -> None:
    # The object is red on green; the proposal is one column too wide, and the guide knows.
    proposer = FakeProposer([Proposal(box(5, 5, 15, 16), 0.9, 0.95)])
    proposer.mask_side = 10  # cells of 2 px
    (row,) = evaluate(CONFIG, [labelled()], QUIET, FromModel(proposer))
    assert row.chosen == row.looked == 10 / 11
    assert row.final == 1


def test_a_mask_of_the_background_is_called_one() -> None:
    # A ring around the object: 156 of the 300 background pixels, an IoU of 0.52 with them.
    ring = Proposal(box(2, 2, 18, 18) & BACKDROP, 0.9, 0.95)
    assert row_for([ring]).is_backdrop
    assert not row_for([PROPOSALS[1]]).is_backdrop


# A table of them


def test_any_iterable_of_photographs_gives_a_row_each_in_order() -> None:
    photographs = (labelled(name=name) for name in ("b.png", "a.png"))
    rows = evaluate(CONFIG, photographs, QUIET, FromModel(FakeProposer()))
    assert [row.image for row in rows] == ["b.png", "a.png"]


def test_without_a_source_the_configs_model_proposes(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[RunConfig] = []
    monkeypatch.setattr(
        eval_choice, "proposer_for", lambda config: asked.append(config) or FakeProposer()
    )
    (row,) = evaluate(CONFIG, [labelled()], QUIET)
    assert asked == [CONFIG]
    assert (row.proposals, row.chosen) == (3, 1.0)


def test_the_model_sees_a_photograph_at_its_own_size(monkeypatch: pytest.MonkeyPatch) -> None:
    proposer = FakeProposer(max_side=10)
    monkeypatch.setattr(eval_choice, "proposer_for", lambda _config: proposer)
    evaluate(CONFIG, [labelled()], QUIET)
    assert proposer.seen == [(10, 10, 3)]


def test_made_up_proposals_come_again_with_their_seed() -> None:
    first, again, other = (
        evaluate(CONFIG, [labelled()], QUIET, FromTruth(FakeProposer(), seed)) for seed in (0, 0, 1)
    )
    assert first == again
    assert first != other


def test_without_the_whole_its_parts_are_merged_and_told_apart() -> None:
    class Sees(FakeProposer):
        """The colours too: a seam within the object is none of them."""

        def propose(self, image_rgb: np.ndarray) -> ProposalSet:
            return replace(super().propose(image_rgb), scene=Scene(image_rgb))

    source = FromTruth(Sees(), has_whole=False)
    (row,) = evaluate(CONFIG, [labelled()], QUIET, source)
    assert row.chosen <= row.oracle < 0.8
    assert row.merged == row.whole > row.oracle


def test_made_up_proposals_are_not_looked_at_again() -> None:
    def again(_image_rgb: np.ndarray, _mask: Mask) -> Mask:
        raise AssertionError("nobody made these proposals")

    (row,) = evaluate(CONFIG, [labelled()], QUIET, FromTruth(FakeProposer(again=again)))
    assert row.looked == row.merged


# What is shown


def row(**changes: Any) -> Row:
    values: dict[str, Any] = {
        "image": "a_1.jpg",
        "dataset": "a",
        "proposals": 3,
        "argmax": 0.1,
        "largest": 0.2,
        "chosen": 0.8,
        "merged": 0.81,
        "looked": 0.85,
        "final": 0.9,
        "oracle": 0.95,
        "whole": 0.96,
        "looked_boundary": 0.5,
        "boundary": 0.6,
        "is_backdrop": False,
        "confidence": 0.8,
        "score": 0.7,
        "flags": "",
    }
    return Row(**{**values, **changes})


def table_of(*rows: Row) -> list[list[str]]:
    """The words of each line that is printed."""
    console = Console(file=io.StringIO(), width=200)
    print_table(console, rows)
    return [line.split() for line in console.file.getvalue().splitlines()]


def test_the_table_has_a_line_for_each_data_set_and_one_for_all() -> None:
    lines = table_of(
        row(dataset="b", final=0.4, boundary=0.3, is_backdrop=True),
        row(dataset="a", final=0.95, boundary=0.9),
        row(dataset="a", final=0.85, boundary=0.6),
    )
    # argmax, largest, chosen, merged, second look
    same = ["0.100", "0.200", "0.800", "0.810", "0.850"]
    # Then final, oracle, that with wholes, F undrawn, F final, final > 0.9, final < 0.5, backdrop.
    assert lines[1:4] == [
        ["a", "2", *same, "0.900", "0.950", "0.960", "0.500", "0.750", "50%", "0%", "0.0%"],
        ["b", "1", *same, "0.400", "0.950", "0.960", "0.500", "0.300", "0%", "100%", "100.0%"],
        ["all", "3", *same, "0.733", "0.950", "0.960", "0.500", "0.600", "33%", "33%", "33.3%"],
    ]


def test_a_single_data_set_needs_no_line_for_all() -> None:
    assert [line[0] for line in table_of(row())][:3] == ["data", "a", "confidence"]


def test_the_table_says_what_confidence_is_worth() -> None:
    console = Console(file=io.StringIO(), width=200)
    rows = [
        row(final=final, confidence=confidence)
        for final, confidence in ((0.9, 0.8), (0.7, 0.5), (0.2, 0.4))
    ]
    print_table(console, rows)
    shown = console.file.getvalue()
    assert "confidence 0.5 and more: 2 images, mean IoU of the final mask 0.800" in shown
    # Of the masks below 0.8 IoU one is in the most confident 80 %, 2.4 of 3 images.
    assert "bad masks are among the most confident 80%" in shown
    assert "confidence below 0.5: 1 images, mean IoU of the final mask 0.200" in shown


def test_the_csv_has_a_line_for_each_image(tmp_path: Path) -> None:
    write_csv(tmp_path / "rows.csv", [row(image="a_1.jpg"), row(image="a_2.jpg", boundary=0.25)])
    with (tmp_path / "rows.csv").open(newline="") as file:
        lines = list(csv.DictReader(file))
    assert [(line["image"], line["boundary"]) for line in lines] == [
        ("a_1.jpg", "0.6"),
        ("a_2.jpg", "0.25"),
    ]
