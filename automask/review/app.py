"""The review server: routes, each of which asks the desk one thing."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources import files
from typing import Annotated, Any, Literal

from fastapi import FastAPI, Path, Query
from fastapi.responses import JSONResponse, Response
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import ASGIApp

from automask.review.desk import ConflictError, Desk, UnknownError
from automask.review.wire import AskSent, DecideSent, EditSent, LeaseSent, PreviewSent, Runs
from automask.web.access import Access
from automask.web.errors import error_response, tell_errors
from automask.web.guard import Guard

MAX_BODY = 16 * 2**20  # bytes; the masks of a hundred ragged objects
MOST_ENTRIES = 500
ID = Annotated[str, Path(pattern=r"^[0-9a-f]{16}$")]
State = Literal["all", "open", "done"]
MEDIA_TYPES = {
    "html": "text/html",
    "css": "text/css",
    "js": "text/javascript",
    "svg": "image/svg+xml",
}


def make_app(desk: Desk, access: Access) -> ASGIApp:
    """The whole server, its door in front."""
    app = FastAPI(title="automask review", docs_url=None, redoc_url=None, openapi_url=None)
    tell_errors(app)
    _tell_conflicts(app)
    _serve_page(app, _assets())
    _serve_queue(app, desk)
    _serve_pictures(app, desk)
    _serve_tools(app, desk)
    _serve_decisions(app, desk)
    return Guard(app, access, MAX_BODY)


def _tell_conflicts(app: FastAPI) -> None:
    @app.exception_handler(UnknownError)
    def _(request: Request, error: UnknownError) -> Response:
        return error_response(404, str(error), request.headers)

    @app.exception_handler(ConflictError)
    def _(request: Request, error: ConflictError) -> Response:
        return error_response(409, str(error), request.headers)

    @app.exception_handler(ValueError)
    def _(request: Request, error: ValueError) -> Response:
        return error_response(422, str(error), request.headers)

    @app.exception_handler(OSError)
    def _(request: Request, error: OSError) -> Response:
        reason = f"nothing was saved: {error.strerror or error}"
        return error_response(507, reason, request.headers)


def _assets() -> Mapping[str, bytes]:
    """The page's own files, read once: no name that is sent reaches the file system."""
    folder = files("automask.review") / "assets"
    return {
        file.name: file.read_bytes()
        for file in folder.iterdir()
        if file.name.rpartition(".")[2] in MEDIA_TYPES
    }


def _serve_page(app: FastAPI, assets: Mapping[str, bytes]) -> None:
    @app.get("/")
    def _() -> Response:
        return Response(assets["index.html"], media_type="text/html")

    @app.get("/assets/{name}")
    def _(name: str) -> Response:
        if name not in assets:
            raise HTTPException(404, "there is no such file")
        return Response(assets[name], media_type=MEDIA_TYPES[name.rpartition(".")[2]])


def _serve_queue(app: FastAPI, desk: Desk) -> None:
    @app.get("/api/session")
    def _() -> dict[str, Any]:
        return desk.session()

    @app.get("/api/progress")
    def _() -> dict[str, Any]:
        return desk.progress()

    @app.get("/api/queue")
    def _(
        start: Annotated[int, Query(ge=0)] = 0,
        count: Annotated[int, Query(ge=1, le=MOST_ENTRIES)] = 60,
        state: State = "all",
        text: Annotated[str, Query(max_length=200)] = "",
    ) -> dict[str, Any]:
        return desk.entries(start, count, state, text)

    @app.get("/api/next")
    def _(
        after: Annotated[str | None, Query(pattern=r"^[0-9a-f]{16}$")] = None,
        client: Annotated[str, Query(max_length=64)] = "",
    ) -> dict[str, str | None]:
        return {"id": desk.next_id(after, client)}


def _serve_pictures(app: FastAPI, desk: Desk) -> None:
    @app.get("/api/images/{name}")
    def _(name: ID) -> dict[str, Any]:
        return desk.details(name)

    @app.get("/api/images/{name}/picture")
    def _(name: ID) -> Response:
        return Response(desk.picture(name), media_type="image/jpeg")

    @app.get("/api/images/{name}/tile")
    def _(name: ID) -> Response:
        return Response(desk.tile(name), media_type="image/jpeg")

    @app.get("/api/images/{name}/ready")
    def _(name: ID) -> dict[str, bool]:
        return {"ready": desk.is_ready(name)}


def _serve_tools(app: FastAPI, desk: Desk) -> None:
    @app.post("/api/images/{name}/ask")
    def _(name: ID, sent: AskSent) -> list[dict[str, Any]]:
        return desk.ask(name, sent)

    @app.get("/api/images/{name}/proposals")
    def _(name: ID) -> list[dict[str, Any]]:
        return desk.proposals(name)

    @app.post("/api/images/{name}/edit")
    def _(name: ID, sent: EditSent) -> Runs:
        return desk.edit(name, sent)

    @app.post("/api/images/{name}/preview")
    def _(name: ID, sent: PreviewSent) -> Response:
        return Response(desk.preview(name, sent), media_type="image/png")


def _serve_decisions(app: FastAPI, desk: Desk) -> None:
    @app.post("/api/images/{name}/lease")
    def _(name: ID, sent: LeaseSent) -> JSONResponse:
        held = desk.lease(name, sent.client, sent.reviewer)
        return JSONResponse(held, 200 if held["is_mine"] else 409)

    @app.post("/api/images/{name}/release")
    def _(name: ID, sent: LeaseSent) -> dict[str, bool]:
        desk.release(name, sent.client)
        return {"released": True}

    @app.post("/api/images/{name}/decide")
    def _(name: ID, sent: DecideSent) -> dict[str, Any]:
        return desk.decide(name, sent)
