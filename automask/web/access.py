"""Who may talk to a server: the holder of its token, from a page of its own."""

from __future__ import annotations

import hmac
import ipaddress
import os
import secrets
import socket
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

TOKEN_VARIABLE = "AUTOMASK_TOKEN"
TOKEN_BYTES = 24
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


@dataclass(frozen=True)
class Refusal:
    """Why a request is not let in: an HTTP status and a sentence."""

    status: int
    reason: str


def make_token() -> str:
    """A token that nobody guesses; what $AUTOMASK_TOKEN says, so that a restart keeps it."""
    return os.environ.get(TOKEN_VARIABLE) or secrets.token_urlsafe(TOKEN_BYTES)


@dataclass(frozen=True)
class Access:
    """The rules of one server."""

    token: str
    cookie: str  # name of the cookie that holds the token; ports share cookies, so it has the port
    names: frozenset[str] = field(default_factory=lambda: frozenset(_own_names()))

    def refusal(
        self, method: str, headers: Mapping[str, str], cookies: Mapping[str, str]
    ) -> Refusal | None:
        """Why a request is refused; None: it may come in. headers: names in small letters."""
        if not self.knows_host(headers.get("host", "")):
            return Refusal(421, "this server does not answer to that name")
        if method not in SAFE_METHODS and not _is_same_origin(headers):
            return Refusal(403, "a page of another site asked for this")
        if not self.has_token(headers, cookies):
            return Refusal(401, "open the address that the command printed: it has the token")
        return None

    def knows_host(self, host: str) -> bool:
        """Whether a Host header names this machine.

        By a number or a name of its own: a stranger's name that is made to lead here (DNS
        rebinding) would let the stranger's page read the answers. Any port: tunnels change it.
        """
        try:
            name = urlsplit(f"//{host}").hostname
        except ValueError:
            return False
        return name is not None and (name in self.names or _is_number(name))

    def has_token(self, headers: Mapping[str, str], cookies: Mapping[str, str]) -> bool:
        """Whether the token came along, as a cookie or as `Authorization: Bearer`."""
        scheme, _, bearer = headers.get("authorization", "").partition(" ")
        given = bearer if scheme.lower() == "bearer" else cookies.get(self.cookie, "")
        return self.is_token(given)

    def is_token(self, given: str) -> bool:
        """Compares in constant time, so that the time does not reveal how much was right."""
        return hmac.compare_digest(given.encode(), self.token.encode())


def _own_names() -> set[str]:
    return {"localhost", socket.gethostname().lower(), socket.getfqdn().lower()}


def _is_number(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def _is_same_origin(headers: Mapping[str, str]) -> bool:
    """Whether a request that changes something comes from our own page, or from no page at all.

    Browsers send Origin with every such request; programs send none, and need the token anyway.
    """
    if headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        return False
    origin = headers.get("origin")
    return origin is None or urlsplit(origin).netloc == headers.get("host", "")
