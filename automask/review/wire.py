"""What the page sends, checked before anything is done with it."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

MOST_POINTS = 200
MOST_OBJECTS = 200
MOST_RUNS = 400_000  # of one mask: checks of one pixel on a megapixel have more
MOST_STROKES = 2_000

Coordinate = Annotated[float, Field(ge=-1e5, le=1e5)]
Runs = Annotated[list[Annotated[int, Field(ge=0)]], Field(max_length=MOST_RUNS)]
Name = Annotated[str, Field(max_length=80)]
Token = Annotated[str, Field(pattern=r"^[0-9a-zA-Z-]{1,64}$")]


class Sent(BaseModel):
    """Refuses unknown fields, and numbers that are not finite."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False, frozen=True)


class PointSent(Sent):
    x: Coordinate
    y: Coordinate
    on: bool


class BoxSent(Sent):
    x0: Coordinate
    y0: Coordinate
    x1: Coordinate
    y1: Coordinate


class AskSent(Sent):
    """A question to the model; px of what is shown."""

    points: list[PointSent] = Field(default_factory=list, max_length=MOST_POINTS)
    box: BoxSent | None = None
    current: Runs | None = None
    previous: Token | None = None
    fresh: int = Field(1, ge=1, le=MOST_POINTS)  # points that are new


class EditSent(Sent):
    tool: Literal["fill", "drop_specks", "smooth", "grow", "shrink"]
    amount: float = Field(0.0, ge=0, le=200)
    mask: Runs


class PreviewSent(Sent):
    kind: Literal["cutout", "alpha", "trimap"]
    objects: list[Runs] = Field(max_length=MOST_OBJECTS)


class LeaseSent(Sent):
    client: Token
    reviewer: Name = ""


class PromptSent(Sent):
    """What was asked of the model for one object, kept in the store of decisions."""

    points: list[PointSent] = Field(default_factory=list, max_length=MOST_POINTS)
    box: BoxSent | None = None


class StrokeSent(Sent):
    tool: Literal["brush", "eraser", "fill", "drop_specks", "smooth", "grow", "shrink", "proposal"]
    amount: float = Field(0.0, ge=0, le=10_000)  # radius in px of what is shown, or what it takes
    points: list[tuple[Coordinate, Coordinate]] = Field(default_factory=list, max_length=5_000)


class DecideSent(Sent):
    """A decision. Objects of `no_object`, `rejected` and `unsure` are not looked at."""

    verdict: Literal["accepted", "rejected", "no_object", "unsure"]
    objects: list[Runs] | None = Field(None, max_length=MOST_OBJECTS)  # None: as it is
    prompts: list[PromptSent] = Field(default_factory=list, max_length=MOST_OBJECTS)
    strokes: list[StrokeSent] = Field(default_factory=list, max_length=MOST_STROKES)
    seconds: float = Field(0.0, ge=0, le=1e6)
    reviewer: Name = ""
    client: Token
    token: Token
    seen: str = Field("", max_length=64)  # `decided_at` of the decision that the page knew of
