"""What a request says, checked before a photograph is kept."""

from __future__ import annotations

import json

from automask.serve.intake import _prompts


def test_a_box_and_points_are_what_a_job_holds() -> None:
    by_text = _prompts({"box": "1, 2, 30, 40", "points": "9 9 1; 2 3 0"})
    by_lists = _prompts({"box": [1, 2, 30, 40], "points": [[9, 9, 1], [2, 3, 0]]})
    assert by_text == by_lists
    assert json.loads(str(by_text))["objects"] == [
        {"box": [1, 2, 30, 40], "points": [[9, 9, True], [2, 3, False]], "is_relative": False}
    ]


def test_without_either_the_model_looks_for_itself() -> None:
    assert _prompts({"photograph": "x", "box": ""}) is None
