"""The review server over HTTP, and ten hostile requests."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from review_desk import CLIENT, FakeHelper, drawn_now, machine_mask, make_desk, write_output
from starlette.testclient import TestClient

from automask.output.decisions import read_decisions
from automask.review.app import MAX_BODY, make_app
from automask.review.runs import to_runs
from automask.review.worklist import id_of
from automask.web.access import Access

if TYPE_CHECKING:
    from conftest import RecordMaker

NAME = "<img src=x onerror=alert(1)>.png"
A = id_of(NAME)
SIGNED = {"authorization": "Bearer secret"}


@pytest.fixture
def output(tmp_path: Path, make_record: RecordMaker) -> Path:
    return write_output(tmp_path, [make_record(image=NAME, kinds=("mask", "trimap"))])


@pytest.fixture
def anyone(output: Path) -> TestClient:
    """A browser that has not signed in."""
    desk = make_desk(output, helper=FakeHelper())
    access = Access("secret", "automask_1", frozenset({"localhost"}))
    return TestClient(make_app(desk, access), "http://localhost:1", raise_server_exceptions=False)


@pytest.fixture
def client(anyone: TestClient) -> TestClient:
    anyone.get("/?token=secret")
    return anyone


def decision(**changes: Any) -> dict[str, Any]:
    return {"verdict": "accepted", "client": CLIENT, "token": "t1", **changes}


def test_the_page_and_its_parts_are_served(client: TestClient) -> None:
    page = client.get("/")
    assert page.headers["content-type"].startswith("text/html")
    for name in ("main.js", "review.css"):
        assert f"/assets/{name}" in page.text
        assert client.get(f"/assets/{name}").status_code == 200


def test_a_session_from_the_queue_to_the_store(client: TestClient, output: Path) -> None:
    assert client.get("/api/session").json()["queue"] == "all"
    assert client.get("/api/next").json() == {"id": A}
    assert client.get(f"/api/images/{A}").json()["objects"] == [to_runs(machine_mask())]
    assert client.get(f"/api/images/{A}/picture").content.startswith(b"\xff\xd8")
    assert client.get(f"/api/images/{A}/tile").content.startswith(b"\xff\xd8")
    assert client.post(f"/api/images/{A}/lease", json={"client": CLIENT}).json() == {
        "is_mine": True,
        "holder": "Ada",
    }
    clicked = {"points": [{"x": 5, "y": 5, "on": True}], "current": [1200]}
    answers = client.post(f"/api/images/{A}/ask", json=clicked).json()
    assert len(answers) == 3
    saved = client.post(f"/api/images/{A}/decide", json=decision(objects=[answers[0]["runs"]]))
    assert saved.json()["verdict"] == "corrected"
    assert read_decisions(output)[NAME].verdict == "corrected"
    assert client.get("/api/progress").json()["left"] == 0


def test_two_people_on_one_image(client: TestClient) -> None:
    client.post(f"/api/images/{A}/lease", json={"client": "one", "reviewer": "Ada"})
    second = client.post(f"/api/images/{A}/lease", json={"client": "two", "reviewer": "Bob"})
    assert (second.status_code, second.json()) == (409, {"is_mine": False, "holder": "Ada"})
    late = client.post(f"/api/images/{A}/decide", json=decision(client="two"))
    assert (late.status_code, late.json()) == (409, {"error": "Ada has this image in hand"})


# Ten hostile requests: each is refused, says why in one sentence, and changes nothing.


def test_1_a_stranger_without_the_token(anyone: TestClient, output: Path) -> None:
    assert anyone.get("/api/queue").status_code == 401
    assert anyone.post(f"/api/images/{A}/decide", json=decision()).status_code == 401
    assert anyone.get("/assets/main.js").status_code == 401
    assert read_decisions(output) == {}


def test_2_another_sites_page_that_posts_with_our_cookie(client: TestClient, output: Path) -> None:
    answer = client.post(
        f"/api/images/{A}/decide", json=decision(), headers={"origin": "http://evil.example"}
    )
    assert answer.status_code == 403
    assert read_decisions(output) == {}


def test_3_a_name_that_was_made_to_lead_here(client: TestClient) -> None:
    assert client.get("/api/queue", headers={"host": "evil.example:1"}).status_code == 421


@pytest.mark.parametrize(
    "path",
    [
        "/assets/../app.py",
        "/assets/..%2fapp.py",
        "/assets/%2e%2e%2f%2e%2e%2fconfig.py",
        "/api/images/..%2f..%2fetc%2fpasswd/picture",
        "/api/images/a.png/picture",
        "/assets//etc/passwd",
    ],
)
def test_4_a_path_instead_of_an_id(client: TestClient, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code in (404, 422)
    assert "import" not in answer.text


def test_5_a_body_beyond_all_measure(client: TestClient) -> None:
    body = b'{"points": [' + b" " * MAX_BODY + b"]}"
    answer = client.post(
        f"/api/images/{A}/ask", content=body, headers={"content-type": "application/json"}
    )
    assert answer.status_code == 413


@pytest.mark.parametrize("runs", [[10**18], [-5, 1205], [1] * 1199, [0.5, 1199.5], ["x"]])
def test_6_runs_that_are_no_mask_of_this_size(
    client: TestClient, output: Path, runs: list[Any]
) -> None:
    answer = client.post(f"/api/images/{A}/decide", json=decision(objects=[runs]))
    assert answer.status_code == 422
    assert (drawn_now(output, NAME) == machine_mask() * 255).all()


@pytest.mark.parametrize("x", ["NaN", "Infinity", "1e300", '"x"', "null"])
def test_7_coordinates_that_are_none(client: TestClient, x: str) -> None:
    body = f'{{"points": [{{"x": {x}, "y": 1, "on": true}}]}}'
    answer = client.post(
        f"/api/images/{A}/ask", content=body, headers={"content-type": "application/json"}
    )
    assert answer.status_code == 422


@pytest.mark.parametrize("body", ["{", "[" * 5000, "\udcff".encode("utf-8", "surrogateescape")])
def test_8_json_that_is_none(client: TestClient, body: Any) -> None:
    answer = client.post(
        f"/api/images/{A}/decide", content=body, headers={"content-type": "application/json"}
    )
    assert answer.status_code in (400, 422)
    assert json.loads(answer.text)["error"]


@pytest.mark.parametrize(
    "more",
    [
        {"verdict": "perfect"},
        {"files": {"../../x": "y"}},
        {"token": "../t"},
        {"client": "x" * 65},
        {"reviewer": "x" * 81},
        {"seconds": -1},
        {"objects": [[1200]] * 201},
    ],
)
def test_9_fields_that_are_not_there_or_too_long(
    client: TestClient, output: Path, more: dict[str, Any]
) -> None:
    assert client.post(f"/api/images/{A}/decide", json=decision(**more)).status_code == 422
    assert read_decisions(output) == {}


def test_10_a_file_name_that_is_markup(client: TestClient) -> None:
    answer = client.get("/api/queue")
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.json()["items"][0]["name"] == NAME
    page = client.get(f"/api/images/{id_of('none')}", headers={"accept": "text/html"})
    assert page.status_code == 404
    assert "<img" not in page.text
