"""A request's photographs: from a form, from JSON, or as the body itself. Never from a path."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import Any

from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request

from automask.errors import UsageError
from automask.image.prompts import GivenPrompts
from automask.prompts.entries import read_entry
from automask.serve.answers import OUTPUTS

FORM, JSON_TYPE = "multipart/form-data", "application/json"
RAW = ("image/", "application/octet-stream")
MOST_FIELDS = 10
PROMPT_FIELDS = ("box", "points", "unit")
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
    prompts: str | None = None  # what the model is asked; None: it looks for itself


async def read_request(request: Request, most: int) -> Asked:
    """most: photographs. Raises HTTPException with what is wrong."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == FORM:
        asked = await _from_form(request, most)
    elif kind == JSON_TYPE:
        asked = _from_json(await request.body())
    elif kind.startswith(RAW):
        outputs = request.query_params.getlist("output")
        prompts = _prompts(request.query_params)
        asked = Asked((Sent("", await request.body()),), tuple(outputs), prompts)
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
        return Asked(photographs, outputs, _prompts(form))


def _from_json(body: bytes) -> Asked:
    """{"photograph": base64, "output": "mask", "box": [0, 0, 9, 9]}."""
    try:
        fields = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise _refused(f"the body is not JSON: {error}", HTTPStatus.BAD_REQUEST) from error
    if not isinstance(fields, dict) or not isinstance(fields.get("photograph"), str):
        raise _refused("photograph: a string in base64 is needed")
    unknown = sorted(fields.keys() - {"photograph", "output", *PROMPT_FIELDS})
    if unknown:
        raise _refused(f"unknown: {', '.join(unknown)}")
    output = fields.get("output", ())
    if not isinstance(output, str) and output != ():
        raise _refused("output: a string is needed")
    photographs = (Sent("", _decoded(fields["photograph"])),)
    return Asked(photographs, (output,) if output else (), _prompts(fields))


def _prompts(fields: Mapping[str, Any]) -> str | None:
    """A box and points as a job holds them. Raises HTTPException for what is none."""
    given = {name: fields[name] for name in PROMPT_FIELDS if fields.get(name)}
    if not given:
        return None
    try:
        line = read_entry({"image": "*", **given}, "box or points")
    except UsageError as error:
        raise _refused(str(error)) from error
    return GivenPrompts((line.prompt,)).to_text()


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
    return replace(asked, outputs=tuple(dict.fromkeys(outputs)))


def _refused(reason: str, status: int = HTTPStatus.UNPROCESSABLE_ENTITY) -> HTTPException:
    return HTTPException(status, reason)


NUMBERS = {"type": "string", "examples": ["0 0 32 32"]}
BOX = {**NUMBERS, "description": "Left, top, right, bottom of the object."}
POINTS = {**NUMBERS, "description": "x, y, and 1 on the object or 0 beside it, for each point."}
UNIT = {"type": "string", "enum": ["px", "relative"]}


def body_schema(many: bool) -> dict[str, Any]:
    """What the OpenAPI document says of the body."""
    binary = {"type": "string", "format": "binary"}
    output = {"type": "string", "enum": list(OUTPUTS), "default": "trimap"}
    photograph: dict[str, Any] = (
        {"type": "array", "items": binary, "minItems": 1} if many else binary
    )
    outputs = {"type": "array", "items": output} if many else output
    asked = {"photograph": photograph, "output": outputs}
    prompts = {} if many else {"box": BOX, "points": POINTS, "unit": UNIT}
    content: dict[str, Any] = {FORM: {"schema": _object({**asked, **prompts})}}
    if not many:
        text = {"type": "string", "format": "byte", "minLength": 1}
        content[JSON_TYPE] = {
            "schema": {
                **_object({"photograph": text, "output": output, **prompts}),
                "additionalProperties": False,
            }
        }
        content["application/octet-stream"] = {"schema": binary}
    return {"requestBody": {"required": True, "content": content}}


def _object(properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "required": ["photograph"], "properties": properties}
