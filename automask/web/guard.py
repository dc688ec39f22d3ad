"""The door of a server: every request passes here, before anything of it is looked at."""

from __future__ import annotations

from collections.abc import Collection
from http.cookies import CookieError, SimpleCookie
from urllib.parse import parse_qs

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from automask.web.access import Access
from automask.web.errors import error_response

# No script but our own files, nothing from elsewhere, in nobody's frame. Pictures may be blobs:
# the page makes some itself.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
HEADERS = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}


class Guard:
    """Lets in what the access rules let in, with a bounded body; signs in who brings the token.

    open_paths: answered without a token, such as a health check; their host is looked at still.
    """

    def __init__(
        self, app: ASGIApp, access: Access, max_body: int, open_paths: Collection[str] = ()
    ) -> None:
        self.app, self.access = app, access
        self.max_body, self.open_paths = max_body, frozenset(open_paths)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
        elif scope["type"] == "http":
            await self._answer(scope, receive, _with_headers(send))
        else:  # a websocket: there are none here
            await send({"type": "websocket.close", "code": 1008})

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = Headers(scope=scope)
        refused = self._refused(scope, headers)
        if refused is None:
            await self.app(scope, self._bounded(receive), send)
        else:
            await refused(scope, receive, send)

    def _refused(self, scope: Scope, headers: Headers) -> Response | None:
        """What is answered in place of the application; None: let it in."""
        refusal = self.access.refusal(scope["method"], headers, _cookies(headers))
        if refusal is not None and refusal.status == 401:
            if scope["path"] in self.open_paths:
                refusal = None
            elif self._brings_token(scope):
                return self._signed_in(scope)
        if refusal is not None:
            return error_response(refusal.status, refusal.reason, headers)
        if self._is_too_large(headers):
            return error_response(413, _too_large(self.max_body), headers)
        return None

    def _brings_token(self, scope: Scope) -> bool:
        """Whether this is the printed address, opened: http://host:port/?token=..."""
        if scope["method"] != "GET" or scope["path"] != "/":
            return False
        given = parse_qs(scope["query_string"].decode("ascii", "replace")).get("token", [""])
        return self.access.is_token(given[0])

    def _signed_in(self, scope: Scope) -> Response:
        """To the same page without the token in its address, which stays in a browser's history."""
        answer = RedirectResponse("/", status_code=303)
        answer.set_cookie(
            self.access.cookie, self.access.token, httponly=True, samesite="strict",
            secure=scope["scheme"] == "https",
        )  # fmt: skip
        return answer

    def _is_too_large(self, headers: Headers) -> bool:
        declared = headers.get("content-length", "0")
        return not declared.isascii() or not declared.isdigit() or int(declared) > self.max_body

    def _bounded(self, receive: Receive) -> Receive:
        """Stop a body without a length, or longer than its length."""
        seen = 0

        async def counted() -> Message:
            nonlocal seen
            message = await receive()
            seen += len(message.get("body", b""))
            if seen > self.max_body:
                raise HTTPException(413, _too_large(self.max_body))
            return message

        return counted


def _too_large(most: int) -> str:
    return f"more than {most} bytes in one request"


def _cookies(headers: Headers) -> dict[str, str]:
    try:
        jar = SimpleCookie(headers.get("cookie", ""))
    except CookieError:
        return {}
    return {name: morsel.value for name, morsel in jar.items()}


def _with_headers(send: Send) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in HEADERS.items():
                headers.setdefault(name, value)
            headers.setdefault("cache-control", "no-store")
        await send(message)

    return sending
