"""mask_image: an array in, the mask and trimap of the primary object out."""

from __future__ import annotations

import threading

import numpy as np
import pytest
from pipeline_fakes import (
    NO_OBJECT_TRIMAP,
    OBJECT_TRIMAP,
    FakeProposer,
    Mask,
    Pixels,
    RunMaker,
    SeesAHole,
    SeesNothing,
    SeesTheBackdrop,
    centred_object,
    photograph,
)

from automask.image.pipeline import mask_image
from automask.records import ProposalSet


def test_mask_image_gives_the_chosen_mask_and_its_trimap(make_config: RunMaker) -> None:
    result = mask_image(photograph(), FakeProposer(), make_config())
    assert result.status == "ok"
    assert result.mask.tolist() == centred_object((6, 8)).tolist()
    assert ["".join(map(str, row)) for row in result.trimap] == OBJECT_TRIMAP


def test_mask_image_measures_choice_and_refinement(make_config: RunMaker) -> None:
    result = mask_image(photograph(), FakeProposer(), make_config())
    assert result.seconds.keys() == {"encode", "decode", "choose", "refine"}


@pytest.mark.parametrize("proposer", [SeesNothing(), SeesTheBackdrop()])
def test_mask_image_without_an_acceptable_proposal_says_no_object(
    make_config: RunMaker, proposer: FakeProposer
) -> None:
    result = mask_image(photograph(), proposer, make_config())
    assert (result.status, result.score, result.confidence) == ("no_object", 0.0, 0.0)
    assert not result.mask.any()
    assert ["".join(map(str, row)) for row in result.trimap] == NO_OBJECT_TRIMAP


def test_mask_image_refines_the_mask(make_config: RunMaker) -> None:
    config = make_config(refine={"hole_fraction": 0.1, "island_fraction": 0})
    result = mask_image(photograph(9, 12), SeesAHole(), config)
    assert result.mask.tolist() == centred_object((9, 12)).tolist()


def test_mask_image_follows_the_trimap_settings(make_config: RunMaker) -> None:
    config = make_config(trimap={"contour_px": 0, "values": (255, 0, 128)})
    result = mask_image(photograph(), FakeProposer(), config)
    assert result.trimap.tolist() == (centred_object((6, 8)) * 255).tolist()


def test_the_model_sees_a_small_copy_and_the_mask_has_the_size_of_the_photograph(
    make_config: RunMaker,
) -> None:
    proposer = FakeProposer(max_side=20)
    result = mask_image(photograph(60, 80), proposer, make_config())
    assert proposer.seen == [(15, 20, 3)]
    assert result.mask.shape == result.trimap.shape == (60, 80)


def test_a_mask_from_a_small_copy_is_enlarged_in_place(make_config: RunMaker) -> None:
    # Rows 5..9 of 15 and columns 5..14 of 20, four times as large.
    result = mask_image(photograph(60, 80), FakeProposer(max_side=20), make_config())
    expected = np.zeros((60, 80), np.bool_)
    expected[20:40, 20:60] = True
    # Interpolation rounds the four corners off, by a few pixels each.
    assert np.count_nonzero(result.mask != expected) <= 4 * 4


def test_the_lock_is_held_while_the_model_works(make_config: RunMaker) -> None:
    lock = threading.Lock()

    class Watches(FakeProposer):
        def propose(self, image_rgb: Pixels) -> ProposalSet:
            was_locked.append(lock.locked())
            return super().propose(image_rgb)

    was_locked: list[bool] = []
    mask_image(photograph(), Watches(), make_config(), lock)
    assert was_locked == [True]
    assert not lock.locked()


def test_flags_are_of_the_mask_that_is_written(make_config: RunMaker) -> None:
    # A speck at the border is dropped, and with it what it would have been flagged for.
    class SeesASpeckAsWell(FakeProposer):
        def masks(self, shape: tuple[int, ...]) -> list[Mask]:
            mask = centred_object(shape)
            mask[0, 0] = True
            return [mask]

    kept, dropped = (
        mask_image(photograph(60, 80), SeesASpeckAsWell(), make_config(refine=refine)).flags
        for refine in ({"island_fraction": 0}, {"island_fraction": 0.001})
    )
    assert "touches_border" in kept
    assert "touches_border" not in dropped
