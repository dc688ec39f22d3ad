"""Settings of mattes, cutouts and several objects; a part of config.py."""

from __future__ import annotations

import re
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

BACKGROUNDS = ("white", "black", "transparent")
HEX_COLOUR = "#[0-9a-fA-F]{6}"


class Section(BaseModel):
    """A frozen group of settings that refuses names it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class AlphaConfig(Section):
    """The band around the outline in which an alpha matte may be neither 0 nor 255."""

    # Half its width, of the square root of the object's area: hair is as long as the head is large.
    band_fraction: float = Field(0.03, gt=0, le=0.5)
    # Of a step of colour that counts as an edge, squared, on a scale of 0..1 (see guided.py).
    epsilon: float = Field(1e-4, ge=1e-6, le=1)


class CutoutConfig(Section):
    """The background of cutouts."""

    background: str = "white"  # white, black, transparent or #rrggbb

    @model_validator(mode="after")
    def _a_colour(self) -> CutoutConfig:
        if self.background not in BACKGROUNDS and not re.fullmatch(HEX_COLOUR, self.background):
            raise ValueError(f"background must be {', '.join(BACKGROUNDS)} or #rrggbb")
        return self


class ObjectsConfig(Section):
    """Which objects there are, where all of them are wanted. Areas are fractions of the image."""

    wanted: Literal["primary", "all"] | int = "primary"  # a number: at most so many
    min_area: float = Field(0.0002, ge=0, le=1)  # below: a speck; 14 x 14 px of a megapixel
    max_area: float = Field(0.6, ge=0, le=1)  # above: the scene that holds the objects
    max_border_coverage: float = Field(0.3, ge=0, le=1)  # above: a backdrop, a floor, a sky
    max_covered: float = Field(0.5, ge=0, le=1)  # of a mask; above, another has the better claim
    split: bool = True  # whether pieces of a mask that do not touch are objects of their own
    # Of the best part's evidence: a whole this good is the object, and not its parts.
    whole_share: float = Field(0.9, ge=0)
    max_parts: int = Field(4, ge=1)  # a whole of more is a group, a shelf or a window

    @model_validator(mode="after")
    def _some_object(self) -> ObjectsConfig:
        if isinstance(self.wanted, int) and self.wanted < 1:
            raise ValueError("wanted must be primary, all, or a number of 1 or more")
        if self.min_area >= self.max_area:
            raise ValueError("min_area must be below max_area")
        return self
