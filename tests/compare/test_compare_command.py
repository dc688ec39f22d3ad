"""`automask compare`: exit codes, files, the page and the JSON."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from compare_runs import HERE, MOVED, Finished, a_run
from PIL import Image

from automask.cli import main
from automask.compare.comparison import Options, compare
from automask.compare.different import most_different
from automask.compare.page import page
from automask.show.tiles import BOTH, FIRST_ONLY, IGNORED, SECOND_ONLY

EVIL = "<img src=x onerror=alert(1)>\"'&"


def call(*arguments: object, monkeypatch: pytest.MonkeyPatch) -> int:
    """The exit code of `automask compare ARGUMENTS`, run in this process."""
    monkeypatch.setattr(sys, "argv", ["automask", "compare", *map(str, arguments)])
    with pytest.raises(SystemExit) as stopped:
        main()
    return int(stopped.value.code or 0)


def tags(text: str) -> list[tuple[str, dict[str, str | None]]]:
    found: list[tuple[str, dict[str, str | None]]] = []

    class Reader(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            found.append((tag, dict(attrs)))

    Reader().feed(text)
    return found


def test_two_runs_are_compared_without_torch(run_a: Path, run_b: Path) -> None:
    code = (
        "import sys; sys.argv = ['automask', 'compare', *sys.argv[1:]]\n"
        "from automask.cli import main\n"
        "try: main()\n"
        "except SystemExit as stop: print(stop.code, {'torch', 'pandas'} & {*sys.modules})"
    )
    command = [sys.executable, "-c", code, run_a, run_b, "--html", run_a / "x.html"]
    shown = subprocess.run(command, capture_output=True, text=True, check=True)
    assert shown.stdout.splitlines()[0].startswith("B is 2.0 x as fast as A")
    assert shown.stdout.splitlines()[-1] == "0 set()"


def test_json_holds_every_figure(
    tmp_path: Path, run_a: Path, run_b: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "new" / "c.json"
    assert call(run_a, run_b, "--json", file, "--price-a", 1, monkeypatch=monkeypatch) == 0
    found = json.loads(file.read_text(encoding="ascii"))
    assert (found["schema"], found["times_as_fast"], found["times_the_cost"]) == (1, 2.0, None)
    assert found["a"]["images_per_hour"] == 1800
    assert found["statuses"] == [
        {"a": "ok", "b": "no_object", "images": 1}, {"a": "ok", "b": "ok", "images": 2},
    ]  # fmt: skip
    assert [(one["image"], one["iou"]) for one in found["images"]] == [
        ("a.jpg", 1.0), ("b.jpg", 0.6), ("c.jpg", 0.0),
    ]  # fmt: skip
    assert {"name": "points", "a": "few", "b": "full"} in found["settings"]


def test_a_mask_that_cannot_be_read_is_told_and_the_exit_code_says_so(
    run_a: Path,
    run_b: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (run_b / "masks" / "a.png").write_bytes(b"no picture")
    assert call(run_a, run_b, monkeypatch=monkeypatch) == 1
    assert "a.jpg: mask of B: 'a.png': not an image" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [(["--html", "x.txt"], "--html must end in .html"), (["--images", "nowhere"], "is no folder")],
)
def test_wrong_usage_is_refused(
    run_a: Path,
    run_b: Path,
    arguments: list[str],
    words: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert call(run_a, run_b, *arguments, monkeypatch=monkeypatch) == 2
    assert words in capsys.readouterr().err


def test_those_that_differ_are_shown_the_most_different_first(run_a: Path, run_b: Path) -> None:
    strips = most_different(compare(Options(run_a, run_b)))
    assert [strip.likeness.image for strip in strips] == ["c.jpg", "b.jpg"]  # a is the same
    assert [name for name, _ in strips[1].tiles] == ["A", "B", "difference"]
    colours = {tuple(pixel) for pixel in strips[1].tiles[2][1].reshape(-1, 3).tolist()}
    assert {BOTH, FIRST_ONLY, SECOND_ONLY} < colours
    assert strips[0].note == "A ok 0.50, B no_object 0.50"


def test_the_photographs_are_those_of_the_folder_that_was_masked(
    tmp_path: Path, run_a: Path, run_b: Path
) -> None:
    (tmp_path / "photos").mkdir()
    Image.new("RGB", (6, 4), (200, 30, 30)).save(tmp_path / "photos" / "b.jpg", quality=95)
    (run_a / "run.json").write_text(json.dumps({"config": {"input": str(tmp_path / "photos")}}))
    absent, present = most_different(compare(Options(run_a, run_b)))
    assert present.tiles[0][0] == "photograph"
    assert np.abs(present.tiles[0][1].astype(int) - (200, 30, 30)).max() < 20  # JPEG
    assert (absent.tiles[0][1] == IGNORED).all()


def test_a_ledger_cannot_have_a_picture_from_elsewhere_shown(
    tmp_path: Path, finished: Finished
) -> None:
    (tmp_path / "photos").mkdir()
    Image.new("RGB", (6, 4), (200, 30, 30)).save(tmp_path / "secret.png")
    record = finished("a", image="../secret.png")
    runs = [a_run(tmp_path / name, [record], {"a": rows})
            for name, rows in (("A", HERE), ("B", MOVED))]  # fmt: skip
    (strip,) = most_different(compare(Options(*runs, images=tmp_path / "photos")))
    assert (strip.tiles[0][1] == IGNORED).all()


def test_the_page_needs_nothing_else_and_shows_the_answer(run_a: Path, run_b: Path) -> None:
    comparison = compare(Options(run_a, run_b))
    text = page(comparison, most_different(comparison))
    assert text.startswith("<!DOCTYPE html>")
    assert "<strong>B is 2.0 x as fast as A" in text
    assert not {"script", "link", "iframe"} & {tag for tag, _ in tags(text)}
    assert not re.search(r"https?:|url\(|@import", text)
    assert sum(tag == "img" for tag, _ in tags(text)) == 2 * 3


def test_names_and_settings_are_text_and_never_tags(tmp_path: Path, finished: Finished) -> None:
    record = finished(f"{EVIL}\u202e", output="masks/a.png", model=EVIL, device=EVIL)
    runs = [
        a_run(tmp_path / f"{name}{EVIL}", [record], {"a": rows}, described={EVIL: f"{name}{EVIL}"})
        for name, rows in (("A", HERE), ("B", MOVED))
    ]
    comparison = compare(Options(*runs))
    text = page(comparison, most_different(comparison))
    assert "&lt;img src=x onerror=alert(1)&gt;" in text
    assert all("onerror" not in attributes for _, attributes in tags(text))
    assert EVIL not in text
    assert r"\u202e" in text
    assert "\u202e" not in text
