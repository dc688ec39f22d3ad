"""A request's photographs: from a form, from JSON, or as the body itself. Never from a path."""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request

from automask.serve.answers import OUTPUTS

FORM, JSON_TYPE = "multipart/form-data", "application/json"
RAW = ("image/", "application/octet-stream")
MOST_FIELDS = 10
MOST_FILES = 2000


@dataclass(frozen=True)
class Sent:
    """A photograph as it came."""

    name: str  # the client's; shown, never a path
    data: bytes


@dataclass(frozen=True)
class Asked:
    """What a request wants."""

    photographs: tuple[Sent, ...]
    outputs: tuple[str, ...]


async def read_request(request: Request, most: int) -> Asked:
    """most: photographs. Raises HTTPException with what is wrong."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == FORM:
        asked = await _from_form(request, most)
    elif kind == JSON_TYPE:
        asked = _from_json(await request.body())
    elif kind.startswith(RAW):
        outputs = request.query_params.getlist("output")
        asked = Asked((Sent("", await request.body()),), tuple(outputs))
    else:
        raise _refused(
            "send a form (multipart/form-data), JSON, or the photograph itself (image/...)",
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
        )
    return _checked(asked, most)


async def _from_form(request: Request, most: int) -> Asked:
    async with request.form(max_files=most, max_fields=MOST_FIELDS) as form:
        uploads = [u for u in form.getlist("photograph") if isinstance(u, UploadFile)]
        photographs = tuple([Sent(u.filename or "", await u.read()) for u in uploads])
        outputs = tuple(o for o in form.getlist("output") if isinstance(o, str))
        return Asked(photographs, outputs)


def _from_json(body: bytes) -> Asked:
    """{"photograph": base64, "output": "mask"}."""
    try:
        fields = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise _refused(f"the body is not JSON: {error}", HTTPStatus.BAD_REQUEST) from error
    if not isinstance(fields, dict) or not isinstance(fields.get("photograph"), str):
        raise _refused("photograph: a string in base64 is needed")
    unknown = sorted(fields.keys() - {"photograph", "output"})
    if unknown:
        raise _refused(f"unknown: {', '.join(unknown)}")
    output = fields.get("output", ())
    if not isinstance(output, str) and output != ():
        raise _refused("output: a string is needed")
    return Asked((Sent("", _decoded(fields["photograph"])),), (output,) if output else ())


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise _refused(f"photograph: not base64: {error}") from error


def _checked(asked: Asked, most: int) -> Asked:
    outputs = asked.outputs or ("trimap",)
    wrong = [output for output in outputs if output not in OUTPUTS]
    if wrong:
        raise _refused(f"output: {wrong[0]!a:.40} is none of {', '.join(OUTPUTS)}")
    if not asked.photographs:
        raise _refused("photograph: none came")
    if len(asked.photographs) > most:
        raise _refused(f"photograph: {most} at most")
    if any(not sent.data for sent in asked.photographs):
        raise _refused("photograph: an empty one")
    return Asked(asked.photographs, tuple(dict.fromkeys(outputs)))


def _refused(reason: str, status: int = HTTPStatus.UNPROCESSABLE_ENTITY) -> HTTPException:
    return HTTPException(status, reason)


def body_schema(many: bool) -> dict[str, Any]:
    """What the OpenAPI document says of the body."""
    binary = {"type": "string", "format": "binary"}
    output = {"type": "string", "enum": list(OUTPUTS), "default": "trimap"}
    photograph: dict[str, Any] = (
        {"type": "array", "items": binary, "minItems": 1} if many else binary
    )
    outputs = {"type": "array", "items": output} if many else output
    content: dict[str, Any] = {
        FORM: {"schema": _object({"photograph": photograph, "output": outputs})}
    }
    if not many:
        text = {"type": "string", "format": "byte", "minLength": 1}
        content[JSON_TYPE] = {
            "schema": {
                **_object({"photograph": text, "output": output}),
                "additionalProperties": False,
            }
        }
        content["application/octet-stream"] = {"schema": binary}
    return {"requestBody": {"required": True, "content": content}}


def _object(properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "required": ["photograph"], "properties": properties}
