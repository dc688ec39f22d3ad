"""names: which images of an output are meant."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from automask.errors import UsageError
from automask.output.names import find_images
from automask.records import to_line

if TYPE_CHECKING:
    from conftest import RecordMaker


@pytest.fixture
def output(tmp_path: Path, make_record: RecordMaker) -> Path:
    """Of a run over five photographs."""
    results = {
        "red/shoe.jpg": "masks/red/shoe.png",
        "blue/shoe.jpg": "masks/blue/shoe.png",
        "red/boot.jpg": "masks/red/boot.png",
        "masks/x.jpg": "masks/masks/x.png",
        "K\u00e4fer.png": "masks/K\u00e4fer.png",
    }
    (tmp_path / "records").mkdir()
    records = (make_record(image=image, output=path) for image, path in results.items())
    (tmp_path / "records" / "run.jsonl").write_text("".join(map(to_line, records)))
    return tmp_path


@pytest.mark.parametrize(
    "name",
    [
        "red/boot.jpg",
        "red/boot",
        "boot.jpg",
        "boot",
        "boot.png",
        "masks/red/boot.png",
        "trimaps/red/boot.png",
        "{output}/overlays/red/boot.png",
    ],
)
def test_a_photograph_is_found_by_any_of_its_names(output: Path, name: str) -> None:
    assert find_images(output, [name.format(output=output)]) == ["red/boot.jpg"]


def test_the_folder_of_an_input_may_be_called_masks(output: Path) -> None:
    assert find_images(output, ["masks/x.jpg"]) == ["masks/x.jpg"]


def test_a_name_may_be_spelt_in_the_other_normal_form(output: Path) -> None:
    assert find_images(output, ["Ka\u0308fer.png"]) == ["K\u00e4fer.png"]


def test_an_image_that_is_named_twice_is_meant_once(output: Path) -> None:
    assert find_images(output, ["boot", "boot.png"]) == ["red/boot.jpg"]


def test_a_name_that_two_images_have_is_refused_with_both(output: Path) -> None:
    with pytest.raises(UsageError) as caught:
        find_images(output, ["shoe.jpg"])
    assert "'shoe.jpg' may be any of 'blue/shoe.jpg', 'red/shoe.jpg'" in str(caught.value)


def test_a_name_that_no_image_has_is_refused_with_the_nearest(output: Path) -> None:
    with pytest.raises(UsageError) as caught:
        find_images(output, ["red/bot.jpg"])
    assert "no record of 'red/bot.jpg'; did you mean 'red/boot.jpg'?" in str(caught.value)


def test_a_folder_without_records_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="name the OUTPUT"):
        find_images(tmp_path, ["a"])
