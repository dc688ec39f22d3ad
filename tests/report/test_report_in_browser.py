"""The report in a real browser: it loads nothing, filters, sorts and opens, keys or mouse."""

from __future__ import annotations

import base64
import io
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from chromium_page import Visit, browser
from PIL import Image
from report_folders import HOSTILE, colour_of, make_output, named

from automask.records import FAILED, NO_OBJECT, ImageRecord
from automask.report import build
from automask.report.build import write_report

if TYPE_CHECKING:
    from conftest import RecordMaker

pytestmark = pytest.mark.slow
WIDTHS = (360, 1280, 2560)  # px: a phone, a laptop, a large screen
Visitor = Callable[..., Visit]


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    with browser() as found:
        yield found


def mixed(make_record: Any) -> list[ImageRecord]:
    """Sixty images: 0.jpg is flagged, 1.jpg has no object, 2.jpg failed, half lie in a folder."""
    records = []
    for number in range(60):
        name = f"sub/{number:02}.jpg" if number % 2 else f"{number:02}.jpg"
        facts: dict[str, Any] = {
            "confidence": (number + 40) / 100,
            "flags": ("tiny",) if number == 0 else (),
            "seconds_total": 1.0 + (number * 7) % 60,
        }
        if number == 1:
            facts |= {"status": NO_OBJECT, "confidence": 0.0}
        if number == 2:
            facts |= {"status": FAILED, "confidence": None, "error": "Damaged: no end"}
        records += named(make_record, [name], **facts)
    return records


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("sixty")


@pytest.fixture
def sixty(root: Path, make_record: RecordMaker) -> Path:
    """The page of the sixty images, written once."""
    page = root / "out" / "report.html"
    return page if page.exists() else write_report(make_output(root, mixed(make_record))).page


@pytest.fixture
def visit(chromium: Any, sixty: Path) -> Iterator[Visitor]:
    """visit(...): opens a page, that of the sixty images if no other; afterwards nobody may have
    complained, and nothing but the page's own pictures may have been asked for.
    """
    visits: list[Visit] = []

    def open_page(width: int = 1280, scheme: str = "light", file: Path = sixty) -> Visit:
        visits.append(Visit(chromium, file, width, scheme))
        return visits[-1]

    yield open_page
    for one in visits:
        assert one.complaints == []
        allowed = (one.address, one.address.removesuffix(".html") + "_files/", "data:")
        strange = [url for url in one.requests if not url.startswith(allowed)]
        assert strange == []
        one.context.close()


@pytest.mark.parametrize("width", WIDTHS)
def test_the_page_fits_its_screen(visit: Visitor, width: int) -> None:
    page = visit(width).page
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    columns = page.evaluate("sheet.columns")
    assert columns == {360: 2, 1280: 6, 2560: 12}[width]
    page.locator("#sheet .tile").first.click()
    assert page.evaluate("document.querySelector('dialog').scrollWidth") <= width


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", WIDTHS)
def test_no_serious_fault_of_accessibility(visit: Visitor, width: int, scheme: str) -> None:
    from axe_playwright_python.sync_playwright import Axe

    page = visit(width, scheme).page
    page.evaluate("for (const d of document.querySelectorAll('details')) d.open = true")
    assert serious(Axe().run(page)) == []
    page.locator("#sheet .tile").first.click()
    assert serious(Axe().run(page)) == []


def serious(results: Any) -> list[str]:
    """The faults that axe calls serious or critical, and on what."""
    return [
        f"{fault['id']}: {[node['html'][:120] for node in fault['nodes'][:3]]}"
        for fault in results.response["violations"]
        if fault["impact"] in ("serious", "critical")
    ]


def test_filters_leave_what_was_asked_for(visit: Visitor) -> None:
    page = (seen := visit()).page
    for field, value, found in (
        ("text", "sub/4", ["sub/41.jpg", "sub/43.jpg", "sub/45.jpg", "sub/47.jpg", "sub/49.jpg"]),
        ("text", "DAMAGED", ["02.jpg"]),
        ("least", "0.98", ["58.jpg", "sub/59.jpg"]),
        ("most", "0.1", ["sub/01.jpg"]),
    ):
        page.fill(f"[name={field}]", value)
        assert seen.tiles() == found
        page.click("button[type=reset]")
        seen.wait_until("document.getElementById('count').textContent.startsWith('60 ')")
    for field, value, found in (
        ("status", "failed", ["02.jpg"]),
        ("status", "no_object", ["sub/01.jpg"]),
        ("flag", "tiny", ["00.jpg"]),
    ):
        page.select_option(f"[name={field}]", value)
        assert seen.tiles() == found
        page.select_option(f"[name={field}]", "")
    page.select_option("[name=folder]", label="sub (30)")
    assert page.inner_text("#count") == "30 of 60 images"


def test_filters_hold_together(visit: Visitor) -> None:
    page = (seen := visit()).page
    page.select_option("[name=status]", "check")
    # 0 is flagged, 1 without object, 2 failed, and below 0.5 are 3 to 9.
    assert page.inner_text("#count") == "9 of 60 images"  # one number everywhere
    page.fill("[name=least]", "0.45")
    assert seen.tiles() == ["06.jpg", "08.jpg", "sub/05.jpg", "sub/07.jpg", "sub/09.jpg"]
    page.fill("[name=text]", "nothing is called so")
    assert page.inner_text("#count") == "0 of 60 images"


def test_images_are_sorted_as_asked(visit: Visitor) -> None:
    page = (seen := visit()).page
    page.select_option("[name=order]", "confidence")
    assert seen.tiles()[:3] == ["sub/01.jpg", "00.jpg", "sub/03.jpg"]
    page.select_option("[name=order]", "-confidence")
    assert seen.tiles()[:2] == ["sub/59.jpg", "58.jpg"]
    page.select_option("[name=order]", "-seconds")
    assert seen.tiles()[0] == "sub/17.jpg"  # 17 x 7 = 119, 59 more than 60
    page.select_option("[name=order]", "check")
    assert seen.tiles()[:4] == ["02.jpg", "sub/01.jpg", "00.jpg", "sub/03.jpg"]


def test_what_has_no_value_comes_last_whichever_way(visit: Visitor) -> None:
    page = visit().page
    for order in ("confidence", "-confidence"):
        page.select_option("[name=order]", order)
        assert page.evaluate("images[sheet.order.at(-1)].name") == "02.jpg"


def test_a_click_opens_the_picture_that_was_clicked(visit: Visitor) -> None:
    page = (seen := visit()).page
    page.fill("[name=text]", "47")
    page.locator("#sheet .tile").first.click()
    assert seen.viewed() == "sub/47.jpg"
    panes = page.locator("#viewer-panes figcaption").all_inner_texts()
    assert panes == ["original", "mask", "contour"]
    address = page.locator("#viewer-panes image").first.get_attribute("href")
    with Image.open(io.BytesIO(base64.b64decode(address.partition(",")[2]))) as picture:
        seen_colour = picture.getpixel((2, 2))
    assert max(abs(a - b) for a, b in zip(seen_colour, colour_of(47), strict=True)) < 12
    # The mask is the middle of the photograph: rows 10..19, columns 10..29 of 30 x 40.
    box = page.evaluate(
        "(({x, y, width, height}) => [x, y, width, height])"
        "(document.querySelector('#viewer-panes .object').getBBox())"
    )
    assert box == [262, 262, 476, 226]


def test_the_tile_has_the_outline_over_its_picture(visit: Visitor) -> None:
    tile = visit().page.locator("#sheet .tile").first
    assert tile.locator("image").count() == 1
    assert tile.locator("path.line").count() == 1


def test_the_queue_the_failures_and_the_slowest_open_their_image(visit: Visitor) -> None:
    page = (seen := visit()).page
    for opener, name in (
        (".failures button", "02.jpg"),
        ("#queue .tile", "sub/01.jpg"),
        ("table button", "sub/17.jpg"),
    ):
        page.locator(opener).first.click()
        assert seen.viewed() == name
        page.keyboard.press("Escape")
        assert name in seen.focused()
    page.click("text=Show all 9 in the contact sheet")
    assert page.inner_text("#count") == "9 of 60 images"  # one number everywhere


def test_the_keyboard_alone_is_enough(visit: Visitor) -> None:
    page = (seen := visit()).page
    page.focus("[name=order]")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    assert "00.jpg" in seen.focused()  # one stop for all tiles
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowDown")
    name = page.evaluate("images[sheet.order[7]].name")  # the one below the second, of six columns
    assert name in seen.focused()
    page.keyboard.press("Enter")
    assert seen.viewed() == name
    page.keyboard.press("ArrowRight")
    assert seen.viewed() == page.evaluate("images[sheet.order[8]].name")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Escape")
    assert seen.viewed() is None
    assert name in seen.focused()
    page.keyboard.press("End")
    assert "sub/59.jpg" in seen.focused()
    page.keyboard.press("Home")
    assert "00.jpg" in seen.focused()


def test_the_large_view_keeps_the_keys_at_both_ends(visit: Visitor) -> None:
    page = (seen := visit()).page
    page.fill("[name=text]", "sub/4")
    page.locator("#sheet .tile").nth(3).click()
    page.click("[data-step='1']")
    assert seen.viewed() == "sub/49.jpg"
    assert page.is_disabled("[data-step='1']")
    page.keyboard.press("ArrowLeft")  # heard, although the button that had the focus is disabled
    assert seen.viewed() == "sub/47.jpg"


def test_the_focus_stays_in_the_large_view(visit: Visitor) -> None:
    page = visit().page
    page.locator("#sheet .tile").first.click()
    for _ in range(12):
        page.keyboard.press("Tab")
        inside = page.evaluate(
            "document.activeElement === document.body || !!document.activeElement.closest('dialog')"
        )
        assert inside


@pytest.mark.parametrize("width", WIDTHS)
def test_hostile_names_do_nothing(
    visit: Visitor, tmp_path: Path, make_record: RecordMaker, width: int
) -> None:
    records = named(make_record, HOSTILE[:4])
    records += named(make_record, HOSTILE[4:], status=FAILED, error=HOSTILE[0])
    page = write_report(make_output(tmp_path / "hostile", records)).page
    seen = visit(width, file=page)
    seen.page.evaluate("byId('sheet-heading').scrollIntoView()")
    seen.wait_until("sheet.tiles.size === 8")
    assert "<img src=x onerror=alert(1)>.jpg" in seen.tiles()
    for _ in HOSTILE:
        seen.page.keyboard.press("Tab")
    for number in range(len(HOSTILE)):
        seen.page.locator("#sheet .tile").nth(number).click()
        seen.page.keyboard.press("Escape")
    assert seen.page.locator("img, iframe").count() == 0
    assert seen.page.evaluate("document.scripts.length") == 2 + 4  # data, code, four pictures


def test_of_thousands_of_images_few_are_in_the_document(
    visit: Visitor, tmp_path: Path, make_record: RecordMaker
) -> None:
    records = named(make_record, [f"{number:04}.jpg" for number in range(5000)], flags=())
    page = write_report(with_shared_files(tmp_path / "many", records)).page
    seen = visit(file=page)
    count = "document.querySelectorAll('*').length"
    before = seen.page.evaluate(count)
    assert before < 3000
    assert seen.page.locator("#sheet li").count() < 100
    seen.page.evaluate("scrollBy(0, sheet.element.clientHeight / 2)")
    seen.wait_until("sheet.tiles.has(2500)")
    assert seen.page.evaluate(count) < before * 1.5
    middle = seen.page.evaluate("[...sheet.tiles.keys()].sort((a, b) => a - b)[9]")
    assert 2000 < middle < 3000
    seen.page.focus("#sheet [tabindex='0']")
    seen.page.keyboard.press("End")
    assert "4999.jpg" in seen.focused()
    assert seen.page.locator("#sheet li").count() < 100


def with_shared_files(root: Path, records: list[ImageRecord]) -> Path:
    """An output in which all images have the first one's result, and no photograph is there."""
    output = make_output(root, records[:1])
    from automask.output.ledger import RecordWriter

    with RecordWriter(output / "records" / "more.jsonl") as ledger:
        for record in records[1:]:
            ledger.append(record)
    for record in records[1:]:
        os.link(output / "trimaps" / "0000.png", output / str(record.output))
    return output


def test_pictures_beside_the_page_are_shown(
    visit: Visitor, tmp_path: Path, make_record: RecordMaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(build, "MOST_INSIDE", 1)
    page = write_report(make_output(tmp_path, named(make_record, ["a.jpg", "b.jpg"]))).page
    seen = visit(file=page)
    loaded = seen.page.evaluate(
        """Promise.all([...document.querySelectorAll('#sheet image')].map(async (shown) => {
          const picture = new Image();
          picture.src = shown.href.baseVal;
          await picture.decode();
          return picture.naturalWidth;
        }))"""
    )
    assert loaded == [40, 40]
    assert (page.parent / "report_files").as_uri() in {u.rpartition("/")[0] for u in seen.requests}


def test_long_names_of_a_series_fit_a_phone_and_end_differently(
    visit: Visitor, tmp_path: Path, make_record: RecordMaker
) -> None:
    names = [f"a-very-long-name-of-a-series-{'x' * 80}-{number:04}.jpg" for number in (17, 18)]
    records = named(make_record, names, confidence=0.1)
    page = visit(360, file=write_report(make_output(tmp_path / "long", records)).page).page
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    tails = page.eval_on_selector_all(".queue .tail", "all => all.map((one) => one.textContent)")
    assert [tail[-8:] for tail in tails] == ["0017.jpg", "0018.jpg"]
    is_whole = "all => all.every((one) => one.scrollWidth <= one.clientWidth + 1)"
    assert page.eval_on_selector_all(".queue .tail", is_whole)


def test_a_mended_mask_is_told_as_such(
    visit: Visitor, tmp_path: Path, make_record: RecordMaker
) -> None:
    records = named(make_record, ["a.jpg"], confidence=None, flags=(), mended=("trimap",))
    seen = visit(file=write_report(make_output(tmp_path / "mended", records)).page)
    seen.page.evaluate("byId('sheet-heading').scrollIntoView()")
    seen.wait_until("sheet.tiles.size === 1")
    assert "mended by hand" in seen.page.inner_text("#sheet .tile")
