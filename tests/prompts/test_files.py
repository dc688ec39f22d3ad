"""Files of prompts: what each form says, and where a wrong line stands."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from automask.errors import UsageError
from automask.prompts.files import read_prompts
from automask.records import ObjectPrompt

BOX = ObjectPrompt((), (10.0, 20.0, 30.0, 40.0), is_relative=False)


def written(folder: Path, name: str, text: str) -> Path:
    file = folder / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    return file


def test_csv_has_a_box_or_points_a_line(tmp_path: Path) -> None:
    file = written(
        tmp_path,
        "p.csv",
        "image,box,points,object,unit\n"
        "*,10 20 30 40,,,\n"
        'sub/a.jpg,"0.1,0.2,0.3,0.4","0.5,0.5,1; 0.1,0.1,0",left,relative\n',
    )
    every, one = read_prompts(file)
    assert (every.pattern, every.object, every.prompt) == ("*", "", BOX)
    points = ((0.5, 0.5, True), (0.1, 0.1, False))
    assert one.prompt == ObjectPrompt(points, (0.1, 0.2, 0.3, 0.4), is_relative=True)
    assert (one.pattern, one.object, one.where) == ("sub/a.jpg", "left", "p.csv, line 3")


def test_json_and_json_lines_say_the_same(tmp_path: Path) -> None:
    entry = {"image": "a.jpg", "box": [10, 20, 30, 40]}
    for name, text in (("p.json", json.dumps([entry])), ("p.jsonl", json.dumps(entry) + "\n")):
        (line,) = read_prompts(written(tmp_path, name, text))
        assert (line.pattern, line.prompt) == ("a.jpg", BOX)


def test_coco_has_boxes_by_width_and_height(tmp_path: Path) -> None:
    data = {
        "images": [{"id": 7, "file_name": "sub/a.jpg"}],
        "annotations": [{"id": 1, "image_id": 7, "bbox": [10, 20, 20, 20], "category_id": 1}],
    }
    (line,) = read_prompts(written(tmp_path, "coco.json", json.dumps(data)))
    assert (line.pattern, line.prompt) == ("sub/a.jpg", BOX)


def test_yolo_has_relative_boxes_around_their_centre(tmp_path: Path) -> None:
    written(tmp_path / "labels", "sub/a[1].txt", "0 0.5 0.5 0.2 0.4\n3 0.1 0.5 0.3 0.2\n")
    first, second = read_prompts(tmp_path / "labels")
    assert first.pattern == "sub/a[[]1].*"
    assert first.prompt.box_xyxy == pytest.approx((0.4, 0.3, 0.6, 0.7))
    assert second.prompt.box_xyxy == pytest.approx((0.0, 0.4, 0.25, 0.6))  # cut at the edge


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("p.csv", "image,box\na.jpg,1 2 3\n", "p.csv, line 2: a box has 4 numbers"),
        ("p.csv", "image,box\na.jpg,5 5 1 9\n", "line 2: .* has no area"),
        ("p.csv", "image,box\na.jpg,1 2 3 x\n", "line 2: 'x' is no number"),
        ("p.csv", "image,box\na.jpg,1 2 3 nan\n", "line 2: 'nan' is no number"),
        ("p.csv", "image,box\na.jpg,\n", "line 2: there is neither a box nor a point"),
        ("p.csv", "image,box\n,1 2 3 4\n", "line 2: no image is named"),
        ("p.csv", "image,box\na.jpg,1,2,3,4\n", "line 2: more fields than heads; quote a box"),
        ("p.csv", "file,box\na.jpg,1 2 3 4\n", "line 1: the heads must be among image"),
        ("p.csv", "image,bbox\na.jpg,1 2 3 4\n", "line 2: unknown field 'bbox'"),
        ("p.csv", "image,points\na.jpg,1 2\n", "line 2: a point has 3 numbers"),
        ("p.csv", "image,points\na.jpg,1 2 3\n", "the label of a point must be 1 or 0, not 3"),
        ("p.csv", "image,points\na.jpg,1 2 0\n", "no point is on the object"),
        ("p.csv", "image,box,unit\na.jpg,1 2 3 4,relative\n", "relative numbers are 0 to 1"),
        ("p.csv", "image,box,unit\na.jpg,1 2 3 4,cm\n", "unit must be px or relative, not 'cm'"),
        ("p.csv", "image,box\n", "has no prompts in it"),
        ("p.jsonl", '{"image": "a", "box": [1, 2, 3, 4]}\n{"image"\n', "p.jsonl, line 2: no JSON"),
        ("p.json", '[\n{"image": "a" "box"}]', "p.json, line 2: no JSON"),
        (
            "p.json",
            '[{"image": "a", "box": [1, 2, 3, 4]}, 5]',
            "entry 2: must be an object",
        ),
        ("p.json", '{"boxes": []}', "must be a list of prompts, or a data set of COCO"),
        (
            "p.json",
            '{"images": [], "annotations": [{"id": 4, "image_id": 1}]}',
            "annotation 4: its",
        ),
        ("p.txt", "a.jpg 1 2 3 4", "must end in .csv, .json, .jsonl"),
    ],
)
def test_a_wrong_line_is_named(tmp_path: Path, name: str, text: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        read_prompts(written(tmp_path, name, text))


def test_a_wrong_line_of_yolo_is_named(tmp_path: Path) -> None:
    written(tmp_path, "a.txt", "0 0.5 0.5 0.2 0.4\n0 0.5 0.5 0.2\n")
    with pytest.raises(UsageError, match=r"a.txt, line 2: a line is class, centre x"):
        read_prompts(tmp_path)
