"""Which prompts an image has."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from automask.errors import UsageError
from automask.prompts.matching import with_prompts
from automask.records import Job


def jobs(*images: str) -> list[Job]:
    return [Job(image, image, 1, 1) for image in images]


def asked(job: Job) -> list[list[float] | None]:
    """The boxes that a job has."""
    assert job.prompts is not None
    return [one["box"] for one in json.loads(job.prompts)["objects"]]


def given(folder: Path, text: str) -> Path:
    file = folder / "p.csv"
    file.write_text("image,box,points,object\n" + text)
    return file


def test_its_own_lines_come_before_patterns_and_the_first_pattern_before_others(
    tmp_path: Path,
) -> None:
    file = given(tmp_path, "sub/*,1 1 2 2\n*,3 3 4 4\nsub/a.jpg,5 5 6 6\n")
    own, first, every = with_prompts(jobs("sub/a.jpg", "sub/b.jpg", "c.jpg"), file, 1).jobs
    assert (asked(own), asked(first), asked(every)) == (
        [[5, 5, 6, 6]],
        [[1, 1, 2, 2]],
        [[3, 3, 4, 4]],
    )


def test_each_line_is_an_object_and_lines_with_one_name_are_one(tmp_path: Path) -> None:
    file = given(tmp_path, "a.jpg,1 1 2 2\na.jpg,3 3 4 4,,x\na.jpg,,3 3 1,x\n")
    (job,) = with_prompts(jobs("a.jpg"), file, 2).jobs
    told = json.loads(job.prompts or "")
    assert told["iterations"] == 2
    assert told["objects"] == [
        {"box": [1, 1, 2, 2], "points": [], "is_relative": False},
        {"box": [3, 3, 4, 4], "points": [[3, 3, True]], "is_relative": False},
    ]


def test_an_object_has_one_box(tmp_path: Path) -> None:
    file = given(tmp_path, "a.jpg,1 1 2 2,,x\na.jpg,3 3 4 4,,x\n")
    with pytest.raises(UsageError, match=r"p.csv, line 3: object 'x' has a box already"):
        with_prompts(jobs("a.jpg"), file, 1)


def test_an_image_without_a_line_is_left_to_the_model_and_lines_without_an_image_are_told(
    tmp_path: Path,
) -> None:
    file = given(tmp_path, "a.jpg,1 1 2 2\nz.jpg,1 1 2 2\n")
    prompted = with_prompts(jobs("a.jpg", "b.jpg"), file, 1)
    assert prompted.jobs[1].prompts is None
    assert (prompted.count, prompted.unused) == (1, ("p.csv, line 3",))


def test_where_a_line_stands_does_not_change_what_is_asked(tmp_path: Path) -> None:
    one = with_prompts(jobs("a.jpg"), given(tmp_path, "a.jpg,1 1 2 2\n"), 1).jobs
    other = with_prompts(jobs("a.jpg"), given(tmp_path, "b.jpg,1 1 2 2\na.jpg,1 1 2 2\n"), 1).jobs
    assert one == other


def test_names_of_another_system_are_the_same(tmp_path: Path) -> None:
    file = given(tmp_path, "Ka\u0308fer.jpg,1 1 2 2\n")
    assert with_prompts(jobs("K\u00e4fer.jpg"), file, 1).count == 1
