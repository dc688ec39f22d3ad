"""mask_image where all objects of a photograph are wanted."""

from __future__ import annotations

import numpy as np
import pytest
from pipeline_fakes import FakeProposer, Mask, RunMaker, SeesNothing, SeesTwo, photograph

from automask.image.pipeline import mask_image


def test_all_objects_have_ids_by_falling_evidence(make_config: RunMaker) -> None:
    result = mask_image(photograph(), SeesTwo(), make_config(objects={"wanted": "all"}))
    assert result.labels is not None
    assert ["".join(map(str, row)) for row in result.labels] == [
        "00000000",
        "00000000",
        "02200110",
        "02200110",
        "00000000",
        "00000000",
    ]


def test_mask_and_trimap_are_of_all_objects_together(make_config: RunMaker) -> None:
    result = mask_image(photograph(), SeesTwo(), make_config(objects={"wanted": "all"}))
    assert ["".join(map(str, row)) for row in result.trimap] == [
        "22222222",
        "23322332",
        "31133113",
        "31133113",
        "23322332",
        "22222222",
    ]
    assert result.mask.tolist() == (result.trimap == 1).tolist()


def test_the_confidence_in_several_objects_is_their_mean_evidence(make_config: RunMaker) -> None:
    result = mask_image(photograph(), SeesTwo(), make_config(objects={"wanted": "all"}))
    assert (result.status, result.flags) == ("ok", ())
    assert (result.score, result.confidence) == (pytest.approx(0.7), pytest.approx(0.7))


def test_a_number_of_objects_takes_the_best(make_config: RunMaker) -> None:
    result = mask_image(photograph(), SeesTwo(), make_config(objects={"wanted": 1}))
    assert result.labels is not None
    assert np.unique(result.labels[:, :4]).tolist() == [0]
    assert result.labels.max() == 1


def test_without_any_object_the_label_image_is_empty(make_config: RunMaker) -> None:
    result = mask_image(photograph(), SeesNothing(), make_config(objects={"wanted": "all"}))
    assert (result.status, result.score) == ("no_object", 0.0)
    assert result.labels is not None
    assert not result.labels.any()


def test_of_one_object_there_are_no_labels(make_config: RunMaker) -> None:
    assert mask_image(photograph(), SeesTwo(), make_config()).labels is None


class SeesARing(FakeProposer):
    """A ring around two background pixels, to the right of a speck."""

    def masks(self, shape: tuple[int, ...]) -> list[Mask]:
        mask = np.zeros(shape[:2], np.bool_)
        mask[1:4, 3:7] = True
        mask[2, 4:6] = mask[3, 6] = False
        mask[5, 0] = True
        return [mask]


@pytest.mark.parametrize(
    ("hole_px", "island_px", "rows"),
    [
        (0, 0, ["00000000", "00011110", "00010010", "00011100", "00000000", "10000000"]),
        (3, 2, ["00000000", "00011110", "00011110", "00011100", "00000000", "00000000"]),
    ],
)
def test_each_of_several_objects_is_refined_by_fractions_of_the_photograph(
    make_config: RunMaker, hole_px: int, island_px: int, rows: list[str]
) -> None:
    fractions = {"hole_fraction": hole_px / 48, "island_fraction": island_px / 48}
    config = make_config(refine=fractions, objects={"wanted": "all", "split": False})
    result = mask_image(photograph(), SeesARing(), config)
    assert result.labels is not None
    assert ["".join(map(str, row)) for row in result.labels] == rows
