"""Who may come in: by the token, from a page of our own, to a name of our own."""

from __future__ import annotations

import pytest

from automask.web.access import Access, make_token

ACCESS = Access("secret", "automask_1", frozenset({"localhost", "node7"}))
SIGNED = {"automask_1": "secret"}


@pytest.mark.parametrize(
    "host", ["127.0.0.1:8765", "localhost", "localhost:9000", "[::1]:80", "NODE7:1", "10.0.0.3"]
)
def test_numbers_and_names_of_its_own_are_answered(host: str) -> None:
    assert ACCESS.refusal("GET", {"host": host}, SIGNED) is None


@pytest.mark.parametrize("host", ["evil.example", "evil.example:8765", "", "localhost.evil", "[x"])
def test_other_names_are_not(host: str) -> None:
    refused = ACCESS.refusal("GET", {"host": host}, SIGNED)
    assert refused is not None
    assert refused.status == 421


@pytest.mark.parametrize("cookies", [{}, {"automask_1": "secre"}, {"automask_2": "secret"}])
def test_without_the_token_nobody_comes_in(cookies: dict[str, str]) -> None:
    refused = ACCESS.refusal("GET", {"host": "localhost"}, cookies)
    assert refused is not None
    assert refused.status == 401


@pytest.mark.parametrize(
    ("header", "is_known"),
    [
        ("Bearer secret", True),
        ("bearer secret", True),
        ("Basic secret", False),
        ("Bearer é", False),
    ],
)
def test_programs_send_the_token_in_a_header(header: str, is_known: bool) -> None:
    refused = ACCESS.refusal("GET", {"host": "localhost", "authorization": header}, {})
    assert (refused is None) == is_known


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"origin": "http://localhost:1"}, None),
        ({}, None),
        ({"origin": "http://evil.example"}, 403),
        ({"origin": "http://localhost:2"}, 403),
        ({"origin": "null"}, 403),
        ({"sec-fetch-site": "cross-site"}, 403),
        ({"sec-fetch-site": "same-site", "origin": "http://localhost:1"}, 403),
    ],
)
def test_only_our_own_page_changes_anything(headers: dict[str, str], status: int | None) -> None:
    refused = ACCESS.refusal("POST", {"host": "localhost:1", **headers}, SIGNED)
    assert (refused.status if refused else None) == status


def test_a_token_is_made_anew_unless_it_is_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AUTOMASK_TOKEN", raising=False)
    assert len(make_token()) == 32
    assert make_token() != make_token()
    monkeypatch.setenv("AUTOMASK_TOKEN", "kept")
    assert make_token() == "kept"
