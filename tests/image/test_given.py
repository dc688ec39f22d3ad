"""What a file itself says of its object: the record says so, and no model is asked in vain."""

from __future__ import annotations

import numpy as np
import pytest
import tifffile
from numpy.typing import NDArray
from PIL import Image
from pipeline_fakes import FakeProposer, RunMaker, SeesNothing, files_of, work

from automask.config import RunConfig
from automask.image.given import masked_by_alpha, without_void
from automask.records import ImageRecord, Job, MaskResult, Proposer


def cut_out(*boxes: tuple[int, int, int, int]) -> NDArray[np.uint8]:
    """White boxes (top, left, bottom, right) on nothing, 40 x 40 RGBA."""
    pixels = np.zeros((40, 40, 4), np.uint8)
    for top, left, bottom, right in boxes:
        pixels[top:bottom, left:right] = 255
    return pixels


def record_of(
    pixels: NDArray[np.uint8], config: RunConfig, proposer: Proposer | None = None
) -> ImageRecord:
    Image.fromarray(pixels).save(config.input / "a.png")
    return work(Job("a.png", "a", 1, 1), config, proposer or SeesNothing()).record


def result(config: RunConfig, kind: str = "masks") -> NDArray[np.generic]:
    with Image.open(config.output / kind / "a.png") as image:
        return np.asarray(image)


def test_a_white_object_on_transparent_ground_is_masked(make_config: RunMaker) -> None:
    config = make_config(save=("mask",))
    record = record_of(cut_out((10, 10, 30, 30)), config)
    assert (record.status, record.confidence, record.flags) == ("ok", 1.0, ())
    assert record.notes == ("masked by its own alpha",)
    assert (result(config) == cut_out((10, 10, 30, 30))[..., 3]).all()


def test_its_matte_is_its_alpha_and_its_cutout_has_its_colours(make_config: RunMaker) -> None:
    config = make_config(save=("alpha", "cutout"), cutout={"background": "transparent"})
    pixels = cut_out((10, 10, 30, 30))
    pixels[10:30, 10:30] = (200, 30, 60, 255)
    pixels[10, 10:30, 3] = 140
    record_of(pixels, config)
    assert (result(config, "alphas") == pixels[..., 3]).all()
    cutout = result(config, "cutouts")
    assert np.abs(cutout[10, 20].astype(int) - [200, 30, 60, 140]).max() <= 6


def test_an_alpha_is_ignored_where_the_settings_say_so(make_config: RunMaker) -> None:
    config = make_config(save=("mask",), load={"own_alpha": "ignore"})
    record = record_of(cut_out((10, 10, 30, 30)), config)
    assert (record.status, record.notes) == ("no_object", ())


def test_several_objects_are_the_pieces_from_the_largest_on(make_config: RunMaker) -> None:
    config = make_config(objects={"wanted": "all", "min_area": 0.005})
    record = record_of(cut_out((5, 5, 10, 10), (20, 20, 35, 35), (38, 1, 39, 2)), config)
    assert record.objects == 2  # the single pixel is a speck
    ids = result(config, "objects")
    assert (ids[25, 25], ids[7, 7], ids[38, 1], ids[0, 0]) == (1, 2, 0, 0)


def test_at_most_as_many_pieces_as_wanted(make_config: RunMaker) -> None:
    config = make_config(objects={"wanted": 1})
    assert record_of(cut_out((5, 5, 10, 10), (20, 20, 35, 35)), config).objects == 1


def test_an_object_does_not_reach_where_there_are_no_data(make_config: RunMaker) -> None:
    config = make_config(save=("mask",))
    values = np.random.default_rng(0).random((30, 40), np.float32)
    values[:15] = -9999.0
    tifffile.imwrite(config.input / "a.tif", values, photometric="minisblack")
    record = work(Job("a.tif", "a", 1, 1), config, FakeProposer()).record
    assert record.notes == ("no data in 50.0% of it",)
    mask = result(config)
    assert not mask[:15].any()
    assert mask[15:20, 10:30].all()


def test_a_guessed_range_is_noted_and_asks_for_no_look(make_config: RunMaker) -> None:
    config = make_config()
    values = np.linspace(0, 4095, 48).reshape(6, 8).astype(np.uint16)
    Image.fromarray(values).save(config.input / "a.png")
    record = work(Job("a.png", "a", 1, 1), config, FakeProposer()).record
    assert record.notes == ("range of the samples guessed from the data: 0 to 4095",)
    assert record.flags == ()


def test_a_plain_photograph_has_no_notes_and_a_hash(make_config: RunMaker) -> None:
    config = make_config()
    record = record_of(np.full((6, 8, 3), 90, np.uint8), config, FakeProposer())
    assert record.notes == ()
    assert record.input_hash is not None
    assert len(record.input_hash) == 32
    assert files_of(config.output) == ["trimaps/a.png"]


def test_an_alpha_that_holds_only_specks_shows_no_object(make_config: RunMaker) -> None:
    config = make_config(objects={"wanted": "all", "min_area": 0.1})
    masked = masked_by_alpha(cut_out((5, 5, 10, 10))[..., 3], config)
    assert (masked.status, masked.score, masked.mask.any()) == ("no_object", 0.0, False)


@pytest.mark.parametrize(("rows", "status"), [(2, "ok"), (6, "no_object")])
def test_what_is_void_is_taken_from_a_result(make_config: RunMaker, rows: int, status: str) -> None:
    mask = np.zeros((6, 6), bool)
    mask[1:5, 1:5] = True
    drawn = np.where(mask, 1, 2).astype(np.uint8)
    whole = MaskResult(mask, drawn, "ok", 0.9, 0.9, (), {}, mask.astype(np.uint16))
    void = np.zeros((6, 6), bool)
    void[:rows] = True
    rest = without_void(whole, void, make_config())
    assert rest.status == status
    assert rest.labels is not None
    assert (rest.labels > 0).tolist() == rest.mask.tolist() == (mask & ~void).tolist()
    assert set(np.unique(rest.trimap[:rows])) <= {2, 3}
