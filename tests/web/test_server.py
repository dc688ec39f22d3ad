"""Where a server listens, and what it says of it."""

from __future__ import annotations

import pytest

from automask.errors import UsageError
from automask.web.server import address, listen, port_of, ssh_line


def test_where_the_usual_port_is_taken_the_next_is_used() -> None:
    with listen("127.0.0.1", 0, 0) as taken:
        usual = port_of(taken)
        with listen("127.0.0.1", None, usual) as other:
            assert port_of(other) != usual


def test_a_port_that_was_asked_for_is_not_replaced() -> None:
    with listen("127.0.0.1", 0, 0) as taken, pytest.raises(UsageError, match="another with --host"):
        listen("127.0.0.1", port_of(taken), 8765)


def test_the_address_has_the_token() -> None:
    assert address("127.0.0.1", 8765, "t") == "http://127.0.0.1:8765/?token=t"
    assert address("::1", 8765, "t") == "http://[::1]:8765/?token=t"


def test_over_ssh_the_tunnel_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOGNAME", "ada")
    environ = {"SSH_CONNECTION": "10.0.0.2 51000 10.0.0.7 22"}
    assert ssh_line(8765, environ) == "ssh -L 8765:localhost:8765 ada@10.0.0.7"
    assert ssh_line(8765, {}) is None
