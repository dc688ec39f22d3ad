"""second_look: parts merged, the object chosen, and seen again, as `mask_image` has it done."""

from __future__ import annotations

import cv2
import numpy as np
from pipeline_fakes import FakeProposer, Mask, Pixels, RunMaker, centred_object, photograph

from automask.image.pipeline import locate, mask_image
from automask.records import Proposal, ProposalSet, Scene


class LooksAgain(FakeProposer):
    """Would see the object one pixel larger all around, or nothing."""

    look_again_below = 1.0

    def __init__(self, grow: int = 1) -> None:
        super().__init__()
        self.grow = grow
        self.shown: list[tuple[int, ...]] = []

    def look_again(self, image_rgb: Pixels, mask: Mask) -> ProposalSet:
        self.shown.append(image_rgb.shape)
        kernel = np.ones((2 * abs(self.grow) + 1,) * 2, np.uint8)
        change = cv2.dilate if self.grow > 0 else cv2.erode
        again = change(mask.astype(np.uint8), kernel).astype(np.bool_)
        return ProposalSet([Proposal(again, 0.9, 0.95)], Scene(), {"encode": 1.0, "decode": 2.0})


def test_a_second_look_is_at_the_object_and_a_margin_around_it(make_config: RunMaker) -> None:
    proposer = LooksAgain()
    mask_image(photograph(120, 160), proposer, make_config())
    # The object is 40 x 80 px; a tenth of that would be 4 and 8, and 8 is the least.
    assert proposer.shown == [(40 + 2 * 8, 80 + 2 * 8, 3)]


def test_what_the_second_look_saw_is_the_mask(make_config: RunMaker) -> None:
    first = mask_image(photograph(120, 160), FakeProposer(), make_config())
    second = mask_image(photograph(120, 160), LooksAgain(), make_config())
    assert (first.mask.sum(), second.mask.sum()) == (40 * 80, 42 * 82)


def test_a_second_look_that_sees_nothing_changes_nothing(make_config: RunMaker) -> None:
    first = mask_image(photograph(120, 160), FakeProposer(), make_config())
    second = mask_image(photograph(120, 160), LooksAgain(grow=-30), make_config())
    assert np.array_equal(first.mask, second.mask)
    assert second.confidence == first.confidence


def test_what_a_second_look_predicts_counts_where_its_mask_does(make_config: RunMaker) -> None:
    image, config = photograph(120, 160), make_config()
    found = FakeProposer().propose(image)
    assert locate(image, found, LooksAgain(), config).seen_iou == 0.9
    assert locate(image, found, LooksAgain(grow=-30), config).seen_iou is None


def test_the_second_looks_seconds_are_counted(make_config: RunMaker) -> None:
    result = mask_image(photograph(), LooksAgain(), make_config())
    assert (result.seconds["encode"], result.seconds["decode"]) == (1.0, 2.0)


def test_a_choice_that_is_sure_enough_is_not_looked_at_again(make_config: RunMaker) -> None:
    proposer = LooksAgain()
    proposer.look_again_below = 0.0
    mask_image(photograph(), proposer, make_config())
    assert proposer.shown == []


# Parts.


class SeesHalves(FakeProposer):
    """The left and the right half of the object; the photograph is of one colour."""

    def propose(self, image_rgb: Pixels) -> ProposalSet:
        whole, half = centred_object(image_rgb.shape), image_rgb.shape[1] // 2
        found = [np.where(np.arange(whole.shape[1]) < half, whole, False) for _ in range(2)]
        found[1] = whole & ~found[0]
        proposals = [Proposal(mask, 0.9, 0.95) for mask in found]
        return ProposalSet(proposals, Scene(image_rgb), {"encode": 0.0, "decode": 0.0})


def test_halves_of_an_object_are_merged_before_the_choice(make_config: RunMaker) -> None:
    image, proposer = photograph(120, 160), SeesHalves()
    selection = locate(image, proposer.propose(image), proposer, make_config())
    assert (len(selection.found.proposals), selection.choice.index) == (1, 0)
    mask = mask_image(image, proposer, make_config()).mask
    assert mask[40:80, 40:120].all()
    assert mask.sum() < 1.05 * 40 * 80  # and a pixel or two where the seam ends


def test_without_merging_one_half_is_chosen(make_config: RunMaker) -> None:
    result = mask_image(photograph(120, 160), SeesHalves(), make_config(choose={"merge": False}))
    assert result.mask.sum() == 40 * 40
