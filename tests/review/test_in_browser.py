"""The review in a real browser: a whole session, keys alone, a phone, two people, kill -9."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from chromium_page import browser
from review_desk import HEIGHT, TOKEN, WIDTH, drawn_now, machine_mask, write_output

from automask.output.decisions import read_decisions, read_history

if TYPE_CHECKING:
    from conftest import RecordMaker

pytestmark = pytest.mark.slow
SERVER = Path(__file__).parents[1] / "fakes" / "review_server.py"
NAMES = ("a.png", "b.png", "c.png", "d.png")


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    with browser() as found:
        yield found


@pytest.fixture
def output(tmp_path: Path, make_record: RecordMaker) -> Path:
    """Four images, the lower in the alphabet the less sure."""
    facts = {"width": WIDTH, "height": HEIGHT, "kinds": ("mask", "trimap"), "flags": ()}
    return write_output(
        tmp_path,
        [make_record(image=n, confidence=i / 10, **facts) for i, n in enumerate(NAMES)],
    )


class Server:
    """The server in a process of its own, so that it can be killed."""

    def __init__(self, output: Path, port: int = 0, queue: str = "confidence") -> None:
        self.output, self.queue = output, queue
        self.start(port)

    def start(self, port: int) -> None:
        self.process = subprocess.Popen(
            [sys.executable, str(SERVER), str(self.output), str(port), self.queue],
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout is not None
        self.port = int(self.process.stdout.readline())

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}/?token={TOKEN}"

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()


@pytest.fixture
def server(output: Path) -> Iterator[Server]:
    started = Server(output)
    yield started
    started.kill()


class Person:
    """A browser on the queue, and what it complained of."""

    def __init__(self, chromium: Any, server: Server, **context: Any) -> None:
        self.context = chromium.new_context(
            **{"viewport": {"width": 1280, "height": 800}, **context}
        )
        self.page = self.context.new_page()
        self.complaints: list[str] = []
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.goto(server.address)
        self.wait("automask.review.work !== null")

    def wait(self, condition: str) -> None:
        """Until an expression of JavaScript is true; the page's policy forbids playwright's own."""
        for _ in range(200):
            if self.page.evaluate(f"typeof automask !== 'undefined' && !!({condition})"):
                return
            self.page.wait_for_timeout(50)
        pytest.fail(f"never came true: {condition}; {self.page.inner_text('#banner')}")

    @property
    def name(self) -> str:
        return str(self.page.inner_text("#name"))

    def settled(self) -> None:
        """Until all questions are answered."""
        self.page.evaluate("automask.review.asking")

    def mask(self) -> np.ndarray:
        values = self.page.evaluate("Array.from(automask.review.work.active.mask)")
        return np.array(values, bool).reshape(HEIGHT, WIDTH)

    def points(self) -> int:
        return int(self.page.evaluate("automask.review.work.active.points.length"))

    def at(self, x: float, y: float) -> tuple[float, float]:
        """A px of the photograph as a place on the screen."""
        place = self.page.evaluate(
            "([x, y]) => { const v = automask.view, b = v.canvas.getBoundingClientRect();"
            " return [b.left + v.x + x * v.scale, b.top + v.y + y * v.scale] }",
            [x, y],
        )
        return place[0], place[1]

    def click(self, x: float, y: float, **more: Any) -> None:
        self.page.mouse.click(*self.at(x, y), **more)
        self.settled()

    def drag(self, start: tuple[float, float], end: tuple[float, float]) -> None:
        self.page.mouse.move(*self.at(*start))
        self.page.mouse.down()
        self.page.mouse.move(*self.at(*end), steps=6)
        self.page.mouse.up()
        self.settled()

    def press(self, key: str) -> None:
        self.page.keyboard.press(key)

    def decide(self, key: str) -> None:
        """Presses a key of decision, and waits until the next image, or the end, is there."""
        before = self.name
        self.press(key)
        for _ in range(200):
            banner = self.page.inner_text("#banner") if self.page.is_visible("#banner") else ""
            if self.name != before or banner.startswith("Nothing is left"):
                return
            self.page.wait_for_timeout(50)
        pytest.fail(f"{key} led nowhere: {self.page.inner_text('#banner')}")


Visitor = Callable[..., Person]


@pytest.fixture
def visit(chromium: Any, server: Server) -> Iterator[Visitor]:
    people: list[Person] = []

    def enter(**context: Any) -> Person:
        people.append(Person(chromium, server, **context))
        return people[-1]

    yield enter
    for person in people:
        assert person.complaints == []
        person.context.close()


def verdicts(output: Path) -> dict[str, str]:
    return {image: one.verdict for image, one in read_decisions(output).items()}


def test_a_session_with_mouse_survives_the_death_of_its_server(
    visit: Visitor, server: Server, output: Path
) -> None:
    person = visit()
    assert person.name == "a.png"
    assert (person.mask() == machine_mask()).all()

    person.click(5, 5)  # outside of the mask: adds
    assert person.mask()[5, 5]
    person.click(15, 15)  # inside: takes away
    assert not person.mask()[15, 15]
    assert person.points() == 2
    person.drag((5, 5), (35, 5))  # a point is moved, and asked again
    assert person.mask()[5, 35]
    assert not person.mask()[5, 5]
    person.click(15, 15)  # a click on a point deletes it
    assert person.points() == 1
    assert person.mask()[15, 15]
    person.drag((1, 20), (9, 28))  # a box
    assert person.mask()[24, 5]

    person.press("b")
    person.drag((33, 25), (38, 25))
    assert person.mask()[25, 35]
    with_brush = person.mask()
    person.press("e")
    person.drag((33, 25), (38, 25))
    assert not person.mask()[25, 35]
    person.press("Control+z")
    assert (person.mask() == with_brush).all()
    person.press("Control+Shift+Z")
    assert not person.mask()[25, 35]
    person.press("Control+z")

    person.decide("Enter")
    assert person.page.inner_text("#toast") == "saved: corrected"
    assert (drawn_now(output, "a.png") > 0).tolist() == with_brush.tolist()
    server.kill()
    assert verdicts(output) == {"a.png": "corrected"}
    assert person.name == "b.png"
    person.press("Enter")
    person.page.wait_for_selector("#banner:visible")
    assert "the server does not answer" in person.page.inner_text("#banner")

    server.start(server.port)
    person.page.reload()
    person.wait("automask.review.work !== null")
    assert person.name == "b.png"
    person.decide("Enter")
    assert verdicts(output) == {"a.png": "corrected", "b.png": "accepted"}
    stored = read_decisions(output)["a.png"]
    assert [stroke["tool"] for stroke in stored.strokes] == ["brush"]
    assert stored.prompts[0]["box"] is not None


def test_every_decision_that_was_shown_as_saved_is_there_after_kill_9(
    visit: Visitor, server: Server, output: Path
) -> None:
    person = visit()
    acknowledged = []
    for key in ("Enter", "x", "u"):
        name = person.name
        person.decide(key)
        acknowledged.append(name)
        server.kill()  # at once after it was shown
        assert list(read_decisions(output)) == acknowledged
        server.start(server.port)


def test_the_keyboard_alone_is_enough(visit: Visitor, output: Path) -> None:
    person = visit()
    person.press("k")
    for _ in range(12):
        person.press("Shift+ArrowUp")
    person.press("a")
    person.settled()
    assert person.points() == 1
    assert person.mask()[3, 20]
    person.press("Delete")
    person.press("a")
    person.settled()
    assert person.page.locator("#candidates button").count() == 3
    person.press("Tab")
    assert person.page.evaluate("automask.review.work.candidate") == 1
    person.press("3")
    assert person.page.evaluate("automask.review.work.candidate") == 2
    person.press("Escape")
    person.decide("Enter")
    person.press("ArrowRight")
    person.wait("document.getElementById('name').textContent === 'c.png'")
    person.press("ArrowLeft")
    person.wait("document.getElementById('name').textContent === 'b.png'")
    person.decide("x")
    person.decide("u")
    person.press("?")
    assert person.page.is_visible("#help")
    person.press("Escape")
    person.decide("r")
    assert person.name == "c.png"  # it was put back, and comes again
    assert verdicts(output) == {
        "a.png": "corrected",
        "b.png": "no_object",
        "c.png": "unsure",
        "d.png": "rejected",
    }


def test_every_button_is_reached_by_tab(visit: Visitor) -> None:
    person = visit()
    seen = set()
    for _ in range(60):
        person.press("Tab")
        seen.add(
            person.page.evaluate("document.activeElement.textContent || document.activeElement.id")
        )
    assert {"Accept", "No object", "Reject", "Brush", "Fill holes", "radius", "canvas"} <= seen


def test_reload_keeps_what_is_not_decided(visit: Visitor) -> None:
    person = visit()
    person.click(5, 5)
    drawn = person.mask()
    person.page.reload()
    person.wait("automask.review.work !== null")
    assert (person.mask() == drawn).all()
    assert person.points() == 1
    person.press("Control+z")
    assert (person.mask() == machine_mask()).all()


def test_two_people_never_have_the_same_image(visit: Visitor, output: Path) -> None:
    ada, bob = visit(), visit()
    assert (ada.name, bob.name) == ("a.png", "b.png")
    first = ada.page.evaluate("automask.review.work.details.id")
    bob.page.evaluate("(id) => automask.review.open(id)", first)
    assert "has this image in hand" in bob.page.inner_text("#banner")
    bob.press("x")
    bob.page.wait_for_timeout(300)
    assert verdicts(output) == {}
    ada.decide("Enter")
    bob.press("x")
    bob.page.wait_for_selector("text=has decided about this image meanwhile")
    assert verdicts(output) == {"a.png": "accepted"}


def test_a_phone_has_all_of_it(visit: Visitor, output: Path) -> None:
    phone = {"viewport": {"width": 360, "height": 740}, "has_touch": True, "is_mobile": True}
    person = visit(**phone)
    assert person.page.evaluate("document.documentElement.scrollWidth") <= 360
    person.page.touchscreen.tap(*person.at(5, 5))
    person.wait("automask.review.work.candidates.length > 0")
    assert person.mask()[5, 5]
    person.page.get_by_role("button", name="Accept").tap()
    person.wait("document.getElementById('name').textContent === 'b.png'")
    assert verdicts(output) == {"a.png": "corrected"}


def test_other_objects_and_edits(visit: Visitor, output: Path) -> None:
    person = visit()
    person.press("n")
    person.click(4, 25)
    assert person.page.locator("#objects button", has_text="Object 2").count() == 1
    person.press("+")
    person.wait("automask.review.work.strokes.length === 1")
    person.decide("Enter")
    union = drawn_now(output, "a.png") > 0
    assert union[15, 15]
    assert union[25, 4]


def test_the_sheet_shows_all_and_filters(visit: Visitor) -> None:
    person = visit()
    person.decide("Enter")
    person.press("g")
    person.page.wait_for_selector("#tiles li")
    assert person.page.locator("#tiles li").count() == 4
    person.page.select_option("#sheet-state", "done")
    person.page.wait_for_selector("#tiles li:only-child")
    assert "accepted by" in person.page.inner_text("#tiles .state")
    person.page.select_option("#sheet-state", "all")
    person.page.locator("#tiles button", has_text="d.png").click()
    person.wait("document.getElementById('name').textContent === 'd.png'")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1280])
def test_no_serious_fault_of_accessibility(visit: Visitor, scheme: str, width: int) -> None:
    from axe_playwright_python.sync_playwright import Axe

    person = visit(viewport={"width": width, "height": 800}, color_scheme=scheme)
    person.click(5, 5)
    assert faults(Axe().run(person.page)) == []
    for key in ("g", "?"):
        person.press(key)
        person.page.wait_for_timeout(300)
        assert faults(Axe().run(person.page)) == []
        person.press("Escape")


def faults(results: Any) -> list[str]:
    """All that axe finds, and on what."""
    return [
        f"{fault['id']}: {[node['html'][:120] for node in fault['nodes'][:3]]}"
        for fault in results.response["violations"]
    ]


def test_two_hundred_images_by_script(tmp_path: Path, make_record: RecordMaker) -> None:
    """Through the page's own address, as fast as it goes: files against expectation."""
    import httpx

    facts = {"width": WIDTH, "height": HEIGHT, "kinds": ("mask",), "flags": ()}
    names = [f"{number:03}.png" for number in range(200)]
    folder = write_output(tmp_path, [make_record(image=n, **facts) for n in names], ("mask",))
    server = Server(folder, queue="all")
    try:
        headers = {"authorization": f"Bearer {TOKEN}"}
        with httpx.Client(base_url=f"http://127.0.0.1:{server.port}", headers=headers) as client:
            for number, verdict in enumerate(["accepted", "no_object", "rejected", "redrawn"] * 50):
                _decide(client, number, verdict)
    finally:
        server.kill()
    assert len(list(read_history(folder))) == 200
    for number, name in enumerate(names):
        expected = machine_mask()
        if number % 4 == 1:
            expected[:] = False
        if number % 4 == 3:
            expected[:] = False
            expected[: 1 + number % HEIGHT] = True
        assert ((drawn_now(folder, name) > 0) == expected).all()


def _decide(client: Any, number: int, verdict: str) -> None:
    entry = client.get("/api/queue", params={"start": number, "count": 1}).json()["items"][0]
    rows = 1 + number % HEIGHT
    runs = [0, rows * WIDTH, (HEIGHT - rows) * WIDTH]
    objects = [[run for run in runs if run or run is runs[0]]] if verdict == "redrawn" else None
    sent = {"verdict": "accepted" if verdict == "redrawn" else verdict, "objects": objects}
    answer = client.post(
        f"/api/images/{entry['id']}/decide", json={**sent, "client": "c", "token": f"t{number}"}
    )
    assert answer.status_code == 200, answer.text
