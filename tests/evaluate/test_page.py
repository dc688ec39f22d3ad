"""The page: sound HTML that needs nothing else, whatever a file is called."""

from __future__ import annotations

import base64
import io
import re
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from eval_folders import TRUTH, drawn, save
from PIL import Image

from automask.evaluate.evaluation import Options, evaluate
from automask.evaluate.page import page
from automask.evaluate.worst import worst_strips

VOID = {"meta", "img"}
EVIL = "<img src=x onerror=alert(1)>&\"'"


class Reader(HTMLParser):
    """Checks that every tag is closed in turn; keeps tags and text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def page_of(predicted: Path, truth: Path) -> str:
    report = evaluate(Options(predicted, truth))
    return page(report, worst_strips(report))


def test_the_page_is_sound_and_has_the_figures(predicted: Path, truth: Path) -> None:
    reader = Reader(page_of(predicted, truth))
    assert "mean IoU" in reader.text
    assert "0.533" in reader.text  # (1 + 0.6 + 0) / 3
    assert "The 3 worst" in reader.text
    assert "b_1.png: IoU 0.000" in reader.text
    assert "Calibration of the confidence" not in reader.text


def test_the_page_asks_for_nothing_from_elsewhere(output: Path, truth: Path) -> None:
    text = page_of(output, truth)
    reader = Reader(text)
    assert not {"script", "link", "iframe"} & {tag for tag, _ in reader.tags}
    sources = [attributes["src"] for tag, attributes in reader.tags if tag == "img"]
    assert all(source and source.startswith("data:image/") for source in sources)
    assert not re.search(r"https?:|url\(|@import", text)


def test_the_worst_are_pictures_inside_the_page(predicted: Path, truth: Path) -> None:
    reader = Reader(page_of(predicted, truth))
    images = [attributes for tag, attributes in reader.tags if tag == "img"]
    assert len(images) == 3 * 3  # truth, prediction, difference
    data = base64.b64decode(str(images[0]["src"]).partition(",")[2])
    picture = Image.open(io.BytesIO(data))
    assert [str(picture.width), str(picture.height)] == [images[0]["width"], images[0]["height"]]
    assert images[0]["alt"] == "b_1.png, truth"


def test_of_an_output_the_page_has_confidence_flags_and_the_curve(
    output: Path, truth: Path
) -> None:
    reader = Reader(page_of(output, truth))
    for words in ("Calibration of the confidence", "expected calibration error", "of all bad ones"):
        assert words in reader.text
    assert "risk-coverage curve" in [attributes.get("alt") for _, attributes in reader.tags]


@pytest.mark.parametrize("side", ["both", "truth", "predicted"])
def test_a_files_name_is_text_and_never_a_tag(predicted: Path, truth: Path, side: str) -> None:
    for root in {"both": (predicted, truth), "truth": (truth,), "predicted": (predicted,)}[side]:
        save(root / f"{EVIL}.png", drawn(TRUTH))
    reader = Reader(page_of(predicted, truth))
    assert EVIL in reader.text
    assert all("onerror" not in attributes for _, attributes in reader.tags)


def test_a_name_that_is_no_text_is_spelt_out(predicted: Path, truth: Path) -> None:
    for root in (predicted, truth):
        save(root / "c_\udcff\n.png", drawn(TRUTH))
    text = page_of(predicted, truth)
    assert "c_\\udcff\\n.png" in text
    text.encode()  # as UTF-8


def test_every_image_has_a_row_the_worst_first(predicted: Path, truth: Path) -> None:
    rows = re.findall(r"<tr><td>(\w+\.png)</td><td>([\d.]+)</td>", page_of(predicted, truth))
    assert rows == [("b_1.png", "0.000"), ("a_2.png", "0.600"), ("a_1.png", "1.000")]


def test_only_the_twenty_worst_are_shown(tmp_path: Path) -> None:
    for root in ("true", "predicted"):
        for number in range(25):
            save(tmp_path / root / f"{number}.png", np.eye(4, dtype=np.uint8))
    reader = Reader(page_of(tmp_path / "predicted", tmp_path / "true"))
    assert sum(tag == "img" for tag, _ in reader.tags) == 20 * 3
