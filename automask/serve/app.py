"""The routes of `automask serve`."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import FastAPI, Path, Request
from fastapi.responses import HTMLResponse, JSONResponse, PlainTextResponse, RedirectResponse
from starlette.exceptions import HTTPException
from starlette.responses import FileResponse, Response
from starlette.routing import Match, Route

from automask import __version__
from automask.serve import pages
from automask.serve.answers import JSON, OUTPUTS, described, failure, headers, kind_of, with_runs
from automask.serve.batches import Batch, failures
from automask.serve.desk import Desk, is_failed
from automask.serve.engine import Engine
from automask.serve.intake import Asked, body_schema, read_request
from automask.web.errors import tell_errors

ABOUT = "Masks of photographs: the primary object, as trimap, mask, alpha matte, cutout or overlay."
REFUSALS: dict[int | str, dict[str, Any]] = {
    401: {"description": "Without the token, in `Authorization: Bearer` or as the page's cookie."},
    413: {"description": "More bytes than one request may have."},
    421: {"description": "To a name that is not this server's."},
}
PHOTOGRAPH_REFUSALS = {
    **REFUSALS,
    400: {"description": "A body that is no form or JSON."},
    403: {"description": "From a page of another site."},
    415: {"description": "A body of another kind."},
    422: {"description": "No photograph that can be masked, or an unknown output; why."},
    429: {"description": "Too much at once. `Retry-After` says in how many seconds to try again."},
    503: {"description": "Not done in time, or the workers are gone."},
    507: {"description": "The server's disk is full."},
}
NOT_THERE: dict[int | str, dict[str, Any]] = {**REFUSALS, 404: {"description": "No such batch."}}
ONE_MASK: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The picture; or with output=json status, confidence, flags, seconds by "
        "stage, and the mask in COCO's run lengths.",
        "content": {"image/png": {}, "application/json": {}},
    },
    **PHOTOGRAPH_REFUSALS,
    500: {"description": "The photograph's worker died of it."},
    504: {"description": "It took longer than a photograph may."},
}
PICTURE: dict[int | str, dict[str, Any]] = {
    200: {"description": "The picture.", "content": {"image/png": {}}},
    **NOT_THERE,
    409: {"description": "Not done, or failed."},
}
Id = Annotated[str, Path(pattern="^[0-9a-f]{32}$")]


def make_app(desk: Desk, engine: Engine, base: str) -> FastAPI:
    """base: the server's address, for the examples of its page."""

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        with engine.running():
            yield

    app = FastAPI(
        title="automask", version=__version__, description=ABOUT, lifespan=lifespan,
        docs_url=None, redoc_url=None,
    )  # fmt: skip
    tell_errors(app)
    _count_answers(app, desk)
    _add_masks(app, desk)
    _add_batches(app, desk)
    _add_pages(app, desk, engine, base)
    return app


def _count_answers(app: FastAPI, desk: Desk) -> None:
    @app.middleware("http")
    async def counted(
        request: Request, call_next: Callable[[Request], Awaitable[Response]]
    ) -> Response:
        response = await call_next(request)
        if response.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
            response.headers["allow"] = _methods(app, request)
        desk.figures.answered(response.status_code)
        return response


def _methods(app: FastAPI, request: Request) -> str:
    """All methods of an address; each of its routes by itself tells only its own."""
    here = (route for route in app.routes if isinstance(route, Route))
    known = [r.methods or set() for r in here if r.matches(request.scope)[0] is not Match.NONE]
    return ", ".join(sorted(set().union(*known)))


def _add_masks(app: FastAPI, desk: Desk) -> None:
    @app.post(
        "/v1/masks", responses=ONE_MASK, response_class=Response, openapi_extra=body_schema(False)
    )
    async def mask(request: Request) -> Response:
        """Mask one photograph, and answer when it is done."""
        with desk.place():
            asked = await read_request(request, most=1)
            return await _masked(desk, asked, request)


async def _masked(desk: Desk, asked: Asked, request: Request) -> Response:
    output = asked.outputs[0]
    try:
        record, stem = await desk.mask(asked, kind_of(output), request.is_disconnected)
    except OSError as error:
        raise HTTPException(HTTPStatus.INSUFFICIENT_STORAGE, f"cannot keep it: {error}") from error
    try:
        if is_failed(record):
            raise HTTPException(*failure(record))
        if output == JSON:
            return JSONResponse(with_runs(record, desk.folder, stem))
        data = desk.folder.result(stem, output).read_bytes()
        return Response(data, media_type="image/png", headers=headers(record))
    finally:
        await desk.forget(stem)


def _add_batches(app: FastAPI, desk: Desk) -> None:
    accepted: dict[int | str, dict[str, Any]] = {
        202: {"description": "On the disk; its address is in `Location`."},
        **PHOTOGRAPH_REFUSALS,
    }

    @app.post("/v1/jobs", status_code=202, responses=accepted, openapi_extra=body_schema(many=True))
    async def take_batch(request: Request) -> JSONResponse:
        """Take many photographs at once, to be masked when there is time."""
        with desk.place():
            asked = await read_request(request, desk.limits.batch_photographs)
            if asked.prompts is not None:
                raise HTTPException(422, "box and points go with /v1/masks")
            kinds = tuple(kind_of(output) for output in asked.outputs)
            try:
                batch = await desk.take_batch(Asked(asked.photographs, kinds))
            except OSError as error:
                reason = f"cannot keep it: {error}"
                raise HTTPException(HTTPStatus.INSUFFICIENT_STORAGE, reason) from error
        return JSONResponse(_told(batch), 202, {"location": f"/v1/jobs/{batch.id}"})

    @app.get("/v1/jobs", responses=REFUSALS)
    async def batches(request: Request) -> Response:
        """List the batches, the newest first."""
        found = desk.batches.all()
        if pages.wants_page(request.headers.get("accept", "")):
            return HTMLResponse(pages.batches_page(found))
        return JSONResponse([_told(batch) for batch in found])

    @app.get("/v1/jobs/{batch_id}", responses=NOT_THERE)
    async def batch(batch_id: Id, request: Request) -> Response:
        """Say how far a batch is, with a record for each photograph that is done."""
        found = _found(desk, batch_id)
        if pages.wants_page(request.headers.get("accept", "")):
            return HTMLResponse(pages.batch_page(found))
        return JSONResponse({**_told(found), "photographs": _photographs(found)})

    @app.get("/v1/jobs/{batch_id}/{number}/{kind}", responses=PICTURE, response_class=FileResponse)
    async def result(
        batch_id: Id, number: Annotated[int, Path(ge=0, le=10**6)], kind: str
    ) -> FileResponse:
        """Give a result of a photograph of a batch, by its number, counted from 0."""
        found = _found(desk, batch_id)
        if number >= len(found.photographs) or kind not in OUTPUTS:
            raise HTTPException(404, "the batch has no such result")
        image = found.photographs[number].image
        record = found.records.get(image)
        if record is None or kind not in record.kinds or is_failed(record):
            raise HTTPException(409, "not done, failed, or not asked for")
        return FileResponse(desk.folder.result(image.rpartition(".")[0], kind))

    @app.post("/v1/jobs/{batch_id}/cancel", responses=NOT_THERE)
    async def cancel(batch_id: Id) -> JSONResponse:
        """Mask no more of a batch; what is done stays."""
        found = _found(desk, batch_id)
        desk.batches.cancel(found)
        return JSONResponse(_told(found))

    @app.delete("/v1/jobs/{batch_id}", status_code=204, responses=NOT_THERE)
    async def delete(batch_id: Id) -> Response:
        """Cancel a batch, and remove its photographs and results."""
        desk.batches.delete(_found(desk, batch_id))
        return Response(status_code=204)


def _add_pages(app: FastAPI, desk: Desk, engine: Engine, base: str) -> None:
    gauges = {
        "requests_at_work": ("Requests at once.", lambda: desk.requests),
        "photographs_waiting": ("Photographs that no worker has.", lambda: desk.line.waiting),
        "photographs_in_hand": ("Photographs that workers have.", lambda: desk.line.in_hand),
        "workers": ("Photographs at once.", lambda: desk.workers),
        "is_well": ("1 while the workers are.", lambda: float(engine.is_well)),
    }

    @app.get("/healthz", responses={503: {"description": "The workers are gone."}})
    async def health() -> JSONResponse:
        """Say whether photographs can be masked; the only address that needs no token."""
        if engine.is_well:
            return JSONResponse({"status": "ok"})
        return JSONResponse({"status": "the workers are gone"}, 503)

    @app.get("/metrics", responses=REFUSALS, response_class=PlainTextResponse)
    async def metrics() -> PlainTextResponse:
        """Give the figures, for Prometheus."""
        return PlainTextResponse(desk.figures.text(gauges))

    @app.get("/", include_in_schema=False)
    async def root() -> RedirectResponse:
        return RedirectResponse("/docs", 303)

    @app.get("/docs", include_in_schema=False)
    async def docs() -> HTMLResponse:
        return HTMLResponse(pages.api_page(app.openapi(), base))

    @app.get("/style.css", include_in_schema=False)
    async def style() -> Response:
        return Response(pages.STYLE, media_type="text/css")


def _found(desk: Desk, batch_id: str) -> Batch:
    batch = desk.batches.get(batch_id)
    if batch is None:
        raise HTTPException(404, "there is no such batch")
    return batch


def _told(batch: Batch) -> dict[str, Any]:
    return {
        "id": batch.id,
        "state": batch.state,
        "total": len(batch.photographs),
        "done": len(batch.records),
        "failed": failures(batch),
        "outputs": list(batch.kinds),
    }


def _photographs(batch: Batch) -> list[dict[str, Any]]:
    """In the order in which they came; null where one is not done."""
    found = [(one.name, batch.records.get(one.image)) for one in batch.photographs]
    return [
        {"name": name, "result": None if record is None else described(record)}
        for name, record in found
    ]
