"""The page as a file: what it holds, what it may load, and what names cannot do in it."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from filelock import FileLock, Timeout
from report_folders import HOSTILE, make_output, named

from automask.errors import OutputError
from automask.records import FAILED, NO_OBJECT
from automask.report import build
from automask.report.build import write_report
from automask.report.content import to_json
from automask.report.pictures import Drawn, Track, draw_all
from automask.report.read import Run

if TYPE_CHECKING:
    from conftest import RecordMaker


class Page(HTMLParser):
    """Elements, their text, and what the script is given."""

    def __init__(self, file: Path) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.scripts: list[str] = []
        self.text = ""
        self.html = file.read_text(encoding="utf-8")
        self._inside = ""
        self.feed(self.html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self._inside = tag

    def handle_data(self, data: str) -> None:
        if self._inside == "script":
            self.scripts.append(data)
        elif self._inside != "style":
            self.text += data

    @property
    def data(self) -> Any:
        return json.loads(next(text for text in self.scripts if text.startswith("{")))


@pytest.fixture
def output(tmp_path: Path, make_record: RecordMaker) -> Path:
    described = {
        "command": ["/usr/bin/automask", "run", "my photos", "out"],
        "versions": {"torch": "2.9"},
        "device_name": "A Processor",
    }
    records = [
        *named(make_record, ["sub/a.jpg"], confidence=0.25, flags=()),
        *named(make_record, ["sub/deep/b.jpg"], confidence=0.75, flags=()),
        *named(make_record, ["c.jpg"], status=NO_OBJECT, confidence=0.0, flags=()),
        *named(make_record, ["d.jpg"], status=FAILED, confidence=None, error="damaged <b>"),
    ]
    return make_output(tmp_path, records, described)


def test_the_top_line_counts_what_came_out(output: Path) -> None:
    text = Page(write_report(output).page).text
    top = re.sub(r"\s+", " ", text)
    for words in ("images4 ", "masked2 ", "no object1 ", "failed1 ", "to check2 ", "modeltiny "):
        assert words in top
    assert "Finished: every photograph of the input folder has a record." in top
    assert "cpu: A Processor" in top


def test_an_interrupted_run_is_said_to_be_unfinished(output: Path) -> None:
    (output.parent / "in" / "new.jpg").touch()
    assert "Not finished. Photographs without a record: 1." in Page(write_report(output).page).text


def test_settings_versions_hash_and_command_are_told(output: Path) -> None:
    text = Page(write_report(output).page).text
    assert "automask run 'my photos' out" in text
    assert "ab" * 32 in text
    assert "2.9" in text


def test_failures_stand_first_with_their_error(output: Path) -> None:
    page = Page(write_report(output).page)
    assert page.text.index("Failed: 1") < page.text.index("Contact sheet")
    assert "damaged <b>" in page.text
    assert page.data["queue"] == [0, 2]  # nothing found in c.jpg, then the unsure sub/a.jpg


def test_the_script_is_given_each_image_with_its_way_to_the_files(output: Path) -> None:
    data = Page(write_report(output).page).data
    unsure = data["images"][2]
    assert unsure["name"] == "sub/a.jpg"
    assert unsure["folder"] == "sub"
    assert unsure["links"] == [
        ["photograph", "../in/sub/a.jpg"],
        ["trimap", "./trimaps/sub/a.png"],
    ]
    assert data["folders"] == ["", "sub", "sub/deep"]


def test_links_are_as_seen_from_where_the_page_lies(output: Path, tmp_path: Path) -> None:
    page = Page(write_report(output, tmp_path / "elsewhere" / "r.html").page)
    links = page.data["images"][2]["links"]
    assert links[1] == ["trimap", "../out/trimaps/sub/a.png"]


def test_a_page_has_its_pictures_inside(output: Path) -> None:
    page = Page(write_report(output).page)
    inside = [attrs["id"] for tag, attrs in page.tags if attrs.get("type") == "image/jpeg"]
    assert inside == ["picture-0", "picture-2", "picture-3"]  # not of d.jpg, which failed
    assert not (output / "report_files").exists()


def test_of_too_many_images_the_pictures_lie_beside_the_page(
    output: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(build, "MOST_INSIDE", 3)
    written = write_report(output)
    page = Page(written.page)
    files = [image["file"] for image in page.data["images"]]
    assert files[1] is None  # d.jpg
    assert all((output / file).is_file() for file in files if file)
    assert written.folder == output / "report_files"
    assert not [attrs for _, attrs in page.tags if attrs.get("type") == "image/jpeg"]


def test_one_report_of_an_output_is_drawn_at_a_time(
    output: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def drawn_alone(run: Run, folder: Path, track: Track) -> list[Drawn]:
        with pytest.raises(Timeout):
            FileLock(folder / build.LOCK).acquire(timeout=0)
        return draw_all(run, folder, track)

    monkeypatch.setattr(build, "draw_all", drawn_alone)
    write_report(output)
    with FileLock(output / build.KEPT / build.LOCK, timeout=0):  # it was given back
        pass


def test_nothing_is_loaded_from_anywhere(output: Path) -> None:
    page = Page(write_report(output).page)
    for tag, attrs in page.tags:
        assert tag not in ("link", "iframe", "object", "embed", "base", "img")
        assert not {"src", "srcset", "style", "action"} & attrs.keys()
        assert not [name for name in attrs if name.startswith("on")]
    assert "http:" not in page.text
    assert "https:" not in page.text


def test_only_this_script_and_this_style_may_run(output: Path) -> None:
    page = Page(write_report(output).page)
    policy = next(a["content"] for _, a in page.tags if "http-equiv" in a)
    rules = dict(rule.split(" ", 1) for rule in (policy or "").split("; "))
    script = next(text for text in page.scripts if text.startswith('"use strict"'))
    style = re.search(r"<style>(.*?)</style>", page.html, re.DOTALL)
    assert style is not None
    assert rules["default-src"] == "'none'"
    assert rules["script-src"] == source(script)
    assert rules["style-src"] == source(style[1])


def source(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def test_hostile_names_are_shown_and_stay_text(tmp_path: Path, make_record: RecordMaker) -> None:
    plain = named(make_record, [f"{number}.jpg" for number in range(len(HOSTILE))])
    hostile = named(make_record, HOSTILE[:4], status=FAILED, error="</script><script>alert(2)")
    hostile += named(make_record, HOSTILE[4:])
    usual = Page(write_report(make_output(tmp_path / "usual", plain)).page)
    page = Page(write_report(make_output(tmp_path / "hostile", hostile)).page)
    allowed = {tag for tag, _ in usual.tags} | {"h3", "li"}  # of the failures
    assert {tag for tag, _ in page.tags} <= allowed
    assert len([tag for tag, _ in page.tags if tag == "script"]) == 2 + 4  # data, code, 4 pictures
    shown = {image["name"] for image in page.data["images"]}
    assert "<img src=x onerror=alert(1)>.jpg" in shown
    assert '"><script>alert(1)</script>.jpg' in shown
    assert "two\\nlines.jpg" in shown
    assert "gpj.\\u202egnp.jpg" in shown
    assert "not-utf-8-\\udcff.jpg" in shown
    assert "{{ 7 * 7 }} ${7 * 7} &lt;b&gt;.jpg" in shown
    assert "two\\nlines.jpg" in page.text  # in the list of failures


def test_the_address_of_a_hostile_name_is_a_plain_path(
    tmp_path: Path, make_record: RecordMaker
) -> None:
    page = Page(write_report(make_output(tmp_path, named(make_record, HOSTILE))).page)
    addresses = [image["links"][0][1] for image in page.data["images"]]
    assert all(re.fullmatch(r"\.\./in/[\w.%/~-]+", address) for address in addresses)
    assert "../in/not-utf-8-%FF.jpg" in addresses
    assert "../in/javascript%3Aalert%281%29.jpg" in addresses


def test_data_cannot_end_its_element() -> None:
    text = to_json(["</script><!--&"])
    assert not set("<>&") & set(text)
    assert json.loads(text) == ["</script><!--&"]


def test_a_page_that_cannot_be_written_is_an_error_by_name(output: Path) -> None:
    (output / "report.html").mkdir()
    with pytest.raises(OutputError, match=r"cannot write the report .*report\.html"):
        write_report(output)


def test_an_output_that_is_not_ours_to_write_has_a_page_elsewhere(
    output: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(build.os, "access", lambda *_: False)
    page = Page(write_report(output, tmp_path / "r.html").page)
    assert [attrs["id"] for _, attrs in page.tags if attrs.get("type") == "image/jpeg"]
    assert not (output / ".report").exists()


def test_a_run_of_one_image_has_a_page(tmp_path: Path, make_record: RecordMaker) -> None:
    output = make_output(tmp_path, named(make_record, ["a.jpg"], flags=(), confidence=0.9))
    assert "Nothing: every mask has a confidence" in Page(write_report(output).page).text


def test_a_run_in_which_all_failed_has_a_page(tmp_path: Path, make_record: RecordMaker) -> None:
    unknown: dict[str, Any] = dict.fromkeys(
        ("score", "confidence", "area_fraction", "seconds_total")
    )
    failed = named(make_record, ["a.jpg"], status=FAILED, error="no", flags=(), **unknown)
    text = Page(write_report(make_output(tmp_path, failed)).page).text
    assert "No image was finished." in text
