"""Masks of what a file asks for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from numpy.typing import NDArray
from pipeline_fakes import FakeProposer, put, work

from automask.errors import ImageError
from automask.image.prompts import GivenPrompts, from_text, mask_by_prompts, relative
from automask.records import ObjectPrompt, Proposal, ProposalSet, Scene

if TYPE_CHECKING:
    from pipeline_fakes import RunMaker

LEFT = ObjectPrompt((), (10, 10, 40, 50), is_relative=False)
RIGHT = ObjectPrompt((), (0.6, 0.2, 0.9, 0.8), is_relative=True)


class BoxProposer(FakeProposer):
    """Answers a box with the box, and remembers what it was asked."""

    def answer(
        self, image_rgb: NDArray[np.uint8], prompts: Sequence[ObjectPrompt], iterations: int
    ) -> ProposalSet:
        self.asked, self.iterations = prompts, iterations
        height, width = image_rgb.shape[:2]
        proposals = []
        for prompt in prompts:
            assert prompt.box_xyxy is not None
            left, top, right, bottom = np.multiply(prompt.box_xyxy, (width, height) * 2).round()
            mask = np.zeros((height, width), np.bool_)
            mask[int(top) : int(bottom), int(left) : int(right)] = True
            proposals.append(Proposal(mask, 0.8, 1.0))
        return ProposalSet(proposals, Scene(), {"encode": 0.1, "decode": 0.2})


IMAGE = np.zeros((100, 100, 3), np.uint8)


def test_prompts_survive_their_text() -> None:
    given = GivenPrompts((LEFT, replace(RIGHT, points=((0.7, 0.5, True),))), 3)
    assert from_text(given.to_text()) == given


def test_pixels_become_fractions_and_a_box_is_cut_to_the_photograph() -> None:
    prompt = ObjectPrompt(((50, 25, True),), (-10, 0, 60, 50), is_relative=False)
    asked = relative(prompt, 100, 50)
    assert (asked.points, asked.box_xyxy) == (((0.5, 0.5, True),), (0, 0, 0.6, 1.0))


@pytest.mark.parametrize(
    "prompt",
    [
        ObjectPrompt((), (100, 0, 120, 40), is_relative=False),
        ObjectPrompt(((101, 5, True),), None, is_relative=False),
    ],
)
def test_a_prompt_beyond_the_photograph_costs_that_image(prompt: ObjectPrompt) -> None:
    with pytest.raises(ImageError, match="lies outside"):
        relative(prompt, 100, 50)


def test_of_several_prompts_the_mask_is_their_union(make_config: RunMaker) -> None:
    proposer = BoxProposer()
    text = GivenPrompts((LEFT, RIGHT), 2).to_text()
    result = mask_by_prompts(IMAGE, text, proposer, make_config())
    expected = np.zeros((100, 100), np.bool_)
    expected[10:50, 10:40] = True
    expected[20:80, 60:90] = True
    assert (result.mask == expected).mean() > 0.99
    assert (result.status, result.labels, proposer.iterations) == ("ok", None, 2)
    assert result.confidence == pytest.approx(0.8)


def test_what_lies_far_beyond_its_box_is_left_out(make_config: RunMaker) -> None:
    class Spilling(BoxProposer):
        def answer(
            self, image_rgb: NDArray[np.uint8], prompts: Sequence[ObjectPrompt], iterations: int
        ) -> ProposalSet:
            found = super().answer(image_rgb, prompts, iterations)
            everything = np.ones(image_rgb.shape[:2], np.bool_)
            return replace(found, proposals=[replace(found.proposals[0], mask=everything)])

    text = GivenPrompts((LEFT,)).to_text()
    mask = mask_by_prompts(IMAGE, text, Spilling(), make_config()).mask
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    assert (rows[0], rows[-1], columns[0], columns[-1]) == (6, 53, 7, 42)  # a tenth more


def test_where_several_are_wanted_each_prompt_has_an_id(make_config: RunMaker) -> None:
    config = make_config(objects={"wanted": "all"})
    text = GivenPrompts((LEFT, RIGHT)).to_text()
    labels = mask_by_prompts(IMAGE, text, BoxProposer(), config).labels
    assert labels is not None
    assert (labels[30, 20], labels[50, 75], labels[0, 0]) == (1, 2, 0)


def test_the_record_says_what_was_asked(make_config: RunMaker, tmp_path: Path) -> None:
    config = make_config()
    text = GivenPrompts((RIGHT,)).to_text()
    job = replace(put(config), prompts=text)
    record = work(job, config, BoxProposer()).record
    assert (record.status, record.prompts) == ("ok", text)
    assert (tmp_path / "out" / str(record.output)).is_file()
