"""One way to say that something went wrong: a page for people, JSON for programs."""

from __future__ import annotations

import html
from collections.abc import Mapping
from http import HTTPStatus
from typing import TYPE_CHECKING

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response

from automask.errors import AutomaskError
from automask.show.console import visible

if TYPE_CHECKING:
    from fastapi import FastAPI

UNEXPECTED = "something went wrong here; the terminal that the command runs in says what"
PAGE = (
    '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
    '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
    "<title>{title}</title>\n</head>\n<body>\n<main>\n<h1>{title}</h1>\n<p>{reason}</p>\n"
    "</main>\n</body>\n</html>\n"
)


def error_response(status: int, reason: str, headers: Mapping[str, str]) -> Response:
    """What is answered in place of what was asked. reason: may hold a file's name, as it is."""
    reason = visible(reason)
    if "text/html" not in headers.get("accept", ""):
        return JSONResponse({"error": reason}, status)
    page = PAGE.format(title=f"{status} {_phrase(status)}", reason=html.escape(reason))
    return HTMLResponse(page, status)


def tell_errors(app: FastAPI) -> None:
    """Has an application answer every error in this one way."""
    from fastapi.exceptions import RequestValidationError

    @app.exception_handler(HTTPException)
    def _(request: Request, error: HTTPException) -> Response:
        answer = error_response(error.status_code, str(error.detail), request.headers)
        answer.headers.update(error.headers or {})  # Allow, Retry-After
        return answer

    @app.exception_handler(RequestValidationError)
    def _(request: Request, error: RequestValidationError) -> Response:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"] if part != "body")
        return error_response(422, f"{place}: {first['msg']}", request.headers)

    @app.exception_handler(AutomaskError)
    def _(request: Request, error: AutomaskError) -> Response:
        return error_response(422, str(error), request.headers)

    @app.exception_handler(Exception)
    def _(request: Request, error: Exception) -> Response:  # noqa: ARG001  uvicorn logs it
        return error_response(500, UNEXPECTED, request.headers)


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Error"
