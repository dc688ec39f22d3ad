"""Views of a pair: SAM's frame, the object in sight, image and mask moved as one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from miniature import disc_pair

from automask.tiny_training import augment
from automask.tiny_training.augment import PIXEL_MEAN, View, letterbox, plain_view, random_view
from automask.tiny_training.data import Pair

PAIRS = [disc_pair(i) for i in range(4)]
Shares = Callable[..., None]


@pytest.fixture
def shares(monkeypatch: pytest.MonkeyPatch) -> Shares:
    """Sets how many of the samples are what, by default no special ones at all."""

    def set_shares(paste: float = 0, backdrop: float = 0, close_up: float = 0) -> None:
        monkeypatch.setattr(augment, "PASTE_SHARE", paste)
        monkeypatch.setattr(augment, "BACKDROP_SHARE", backdrop)
        monkeypatch.setattr(augment, "CLOSE_UP_SHARE", close_up)

    return set_shares


def views(rng: np.random.Generator, count: int, pairs: list[Pair] = PAIRS) -> list[View]:
    return [random_view(pairs, i % len(pairs), 96, rng) for i in range(count)]


def object_share(view: View) -> float:
    """Of the content's area."""
    return float((view.mask > 127).sum()) / (view.content_hw[0] * view.content_hw[1])


def padding_of(view: View) -> np.ndarray:
    """96 x 96 bool: what is not content."""
    padding = np.ones((96, 96), np.bool_)
    padding[: view.content_hw[0], : view.content_hw[1]] = False
    return padding


def test_letterbox_is_the_frame_that_sam_predictor_shows() -> None:
    view = letterbox(disc_pair(0), 160)
    assert view.content_hw == (120, 160)
    assert view.image.shape == (160, 160, 3)
    assert (view.image[120:] == (124, 116, 104)).all()  # SAM's pixel mean, zero when normalised
    assert not view.mask[120:].any()
    assert view.mask[60, 60] == 255  # the disc's centre at (30, 30), twice as large
    assert view.image[60, 60].tolist() == [40, 60, 90]


def test_letterbox_pads_a_portrait_on_the_right() -> None:
    landscape = disc_pair(0)
    portrait = Pair("portrait", landscape.image.swapaxes(0, 1), landscape.mask.T)
    view = letterbox(portrait, 160)
    assert view.content_hw == (160, 120)
    assert (view.image[:, 120:] == (124, 116, 104)).all()


def test_random_views_keep_the_object_in_sight(rng: np.random.Generator) -> None:
    for view in views(rng, 60):
        assert (view.mask > 127).sum() >= 0.004 * 96 * 96


def test_random_views_differ(rng: np.random.Generator) -> None:
    areas = {int((view.mask > 127).sum()) for view in views(rng, 20)}
    assert len(areas) > 15


def test_the_mask_stays_on_the_object(rng: np.random.Generator, shares: Shares) -> None:
    shares()
    for view in views(rng, 30):
        ground = (view.mask < 1) & ~padding_of(view)
        disc, light = view.image[view.mask == 255], view.image[ground]
        assert disc.mean() < light.mean() - 20  # the disc is dark, whatever the tone
        # Pixels of the ground in the disc, or of the disc in the ground, would spread them.
        assert max(disc.std(axis=0).max(), light.std(axis=0).max()) < 30


def test_the_padding_of_a_random_view_is_the_pixel_mean(
    rng: np.random.Generator, shares: Shares
) -> None:
    shares(backdrop=0.3, paste=0.5)
    drawn = views(rng, 30)
    assert any(padding_of(view).any() for view in drawn)
    for view in drawn:
        assert (view.image[padding_of(view)] == PIXEL_MEAN).all()
        assert not view.mask[padding_of(view)].any()


def test_an_object_too_small_for_any_crop_is_shown_in_the_letterbox(
    rng: np.random.Generator, shares: Shares
) -> None:
    shares()
    speck = np.zeros((60, 80), np.uint8)
    speck[30:32, 40:42] = 255  # 4 px of 4800
    pair = Pair("speck", disc_pair(0).image, speck)
    expected = letterbox(pair, 96)
    (view,) = views(rng, 1, [pair])
    assert view.content_hw == expected.content_hw
    assert np.array_equal(view.mask, expected.mask)


def test_half_of_the_frames_are_nearly_square(rng: np.random.Generator, shares: Shares) -> None:
    shares()
    sides = [min(view.content_hw) for view in views(rng, 200)]
    # A photograph of 4 : 3, stretched by up to e^0.3 to either side, fills 54 to 96 of 96 px; a
    # square, stretched alike, at least 71.
    assert 53 <= min(sides) < 60
    assert np.mean([side >= 71 for side in sides]) > 0.6


def test_a_close_up_shows_the_object_larger(rng: np.random.Generator, shares: Shares) -> None:
    shares()
    usual = np.mean([object_share(view) for view in views(rng, 40)])
    shares(close_up=1)
    close = np.mean([object_share(view) for view in views(rng, 40)])
    assert usual < 0.3  # the disc has 0.15 of its photograph
    assert close > 0.5  # and 0.79 of the square around it


# Parts: the single objects of a view that has several.


def test_a_single_object_has_no_parts(rng: np.random.Generator, shares: Shares) -> None:
    shares()
    assert all(view.parts == () for view in views(rng, 20))


def test_separate_objects_of_a_photograph_are_parts(
    rng: np.random.Generator, shares: Shares
) -> None:
    shares()
    left, right = disc_pair(0).mask, np.roll(disc_pair(0).mask, 35, axis=1)
    pair = Pair("two", disc_pair(0).image, np.maximum(left, right))
    two = [view for view in views(rng, 30, [pair]) if view.parts]
    assert len(two) > 15  # in the others one of them is cut off
    for view in two:
        covered = np.sum([part > 127 for part in view.parts], axis=0)
        assert covered.max() == 1
        assert not covered[view.mask <= 127].any()
        assert covered.sum() > 0.8 * (view.mask > 127).sum()  # all but crumbs


@pytest.fixture
def pasted_parts_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """A mirrored disc at the frame's border would else be a part as well."""
    monkeypatch.setattr(augment, "components", lambda _mask: ())


@pytest.mark.usefixtures("pasted_parts_only")
def test_a_pasted_object_is_a_part_and_the_mask_is_both(
    rng: np.random.Generator, shares: Shares
) -> None:
    shares(paste=1)
    two = [view for view in views(rng, 40) if view.parts]
    assert len(two) > 10  # in the others it would have hidden the first
    for view in two:
        first, second = view.parts
        assert np.array_equal(np.maximum(first, second), view.mask)
        assert first.max() > 127
        assert second.max() > 127


@pytest.mark.usefixtures("pasted_parts_only")
def test_the_second_object_may_be_another_pairs(rng: np.random.Generator, shares: Shares) -> None:
    shares(paste=1)
    bright = Pair("bright", 255 - disc_pair(0).image, disc_pair(0).mask)
    drawn = [random_view([disc_pair(0), bright], 0, 96, rng) for _ in range(40)]
    contrasts = [
        view.image[view.parts[1] == 255].mean() - view.image[view.parts[0] == 255].mean()
        for view in drawn
        if view.parts
    ]
    assert max(contrasts) > 60  # a bright disc beside a dark one
    assert min(contrasts) < 30  # a dark disc beside a dark one


def test_a_plain_view_keeps_its_ground_and_gets_no_second_object(
    rng: np.random.Generator, shares: Shares
) -> None:
    shares(paste=1)
    assert any(random_view(PAIRS, i, 96, rng).parts for i in range(4))
    assert not any(plain_view(PAIRS, i, 96, rng).parts for i in range(4))


def test_the_objects_of_a_pair_are_the_parts_of_its_views() -> None:
    """Two halves of a square that touch: its components would be one."""
    mask, ids = np.zeros((2, 64, 64), np.uint8)
    mask[16:48, 16:48] = 255
    ids[16:48, 16:32], ids[16:48, 32:48] = 3, 9
    pair = Pair("two", np.zeros((64, 64, 3), np.uint8), mask, ids)
    view = letterbox(pair, 128)
    left, right = view.parts
    assert not (left & right).any()
    assert ((left | right) == np.where(view.mask > 127, 255, 0)).mean() > 0.99
    assert left[64, 40] == right[64, 90] == 255


def test_a_pair_of_many_objects_is_shown_as_it_is() -> None:
    """No second object, no backdrop: they would hide which objects there are."""
    pair = replace(disc_pair(0), objects=(disc_pair(0).mask > 0).astype(np.uint8))
    for seed in range(20):
        view = random_view([pair], 0, 64, np.random.default_rng(seed))
        assert len(view.parts) == 1
