"""The door: what comes in signed, what is refused before the application sees it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from fastapi import FastAPI, Request
from starlette.testclient import TestClient

from automask.errors import UsageError
from automask.web.access import Access
from automask.web.errors import tell_errors
from automask.web.guard import Guard

SIGNED = {"authorization": "Bearer secret"}


def application() -> FastAPI:
    app = FastAPI()
    tell_errors(app)

    @app.get("/")
    def _() -> str:
        return "hello"

    @app.get("/health")
    def _() -> str:
        return "well"

    @app.post("/count")
    async def _(request: Request) -> int:
        return len(await request.body())

    @app.get("/broken")
    def _() -> None:
        raise RuntimeError("the secret reason")

    @app.get("/wrong")
    def _() -> None:
        raise UsageError("give another <b>name</b>")

    return app


@pytest.fixture
def client() -> TestClient:
    access = Access("secret", "automask_1", frozenset({"localhost"}))
    guarded = Guard(application(), access, max_body=10, open_paths={"/health"})
    return TestClient(guarded, "http://localhost:1", raise_server_exceptions=False)


def test_the_printed_address_signs_in_and_hides_the_token(client: TestClient) -> None:
    answer = client.get("/?token=secret", follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert "HttpOnly; Path=/; SameSite=strict" in answer.headers["set-cookie"]
    assert client.get("/").json() == "hello"


def test_a_wrong_token_signs_nobody_in(client: TestClient) -> None:
    answer = client.get("/?token=secrets", follow_redirects=False)
    assert answer.status_code == 401
    assert "set-cookie" not in answer.headers


def test_an_open_path_needs_no_token_but_a_name_of_its_own(client: TestClient) -> None:
    assert client.get("/health").json() == "well"
    assert client.get("/health", headers={"host": "evil.example"}).status_code == 421


def test_a_large_body_is_refused(client: TestClient) -> None:
    assert client.post("/count", content=b"x" * 10, headers=SIGNED).json() == 10
    answer = client.post("/count", content=b"x" * 11, headers=SIGNED)
    assert (answer.status_code, answer.json()) == (
        413,
        {"error": "more than 10 bytes in one request"},
    )


def test_a_body_that_tells_no_length_is_stopped(client: TestClient) -> None:
    def parts() -> Iterator[bytes]:
        for _ in range(5):
            yield b"xxx"

    assert client.post("/count", content=parts(), headers=SIGNED).status_code == 413


def test_every_answer_forbids_what_the_page_does_not_need(client: TestClient) -> None:
    for answer in (client.get("/", headers=SIGNED), client.get("/"), client.get("/none")):
        policy = answer.headers["content-security-policy"]
        assert "script-src 'self';" in policy
        assert "unsafe-inline" not in policy
        assert "frame-ancestors 'none'" in policy
        assert answer.headers["cache-control"] == "no-store"


def test_a_person_gets_a_page_and_a_program_json(client: TestClient) -> None:
    page = client.get("/wrong", headers={**SIGNED, "accept": "text/html"})
    assert page.status_code == 422
    assert "<h1>422 " in page.text
    assert "give another &lt;b&gt;name&lt;/b&gt;" in page.text
    assert client.get("/wrong", headers=SIGNED).json() == {"error": "give another <b>name</b>"}


def test_a_fault_of_ours_says_nothing_of_its_reason(client: TestClient) -> None:
    answer = client.get("/broken", headers=SIGNED)
    assert answer.status_code == 500
    assert "secret" not in answer.text
