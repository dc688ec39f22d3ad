"""Settings are explained by the comments beside them."""

from __future__ import annotations

from pydantic import BaseModel

from automask.config import RunConfig
from automask.settings.comments import explanations


class Made(BaseModel):
    # Above it,
    # in two lines.
    one: int = 1
    two: str = "#abc"  # in its line

    three: int = 3
    # Nobody's.

    @property
    def double(self) -> int:
        return 2 * self.one  # no setting


def test_comments_above_and_beside_belong_to_their_field() -> None:
    assert explanations(Made) == {"one": "Above it, in two lines.", "two": "in its line"}


def test_the_settings_of_a_run_are_explained() -> None:
    assert explanations(RunConfig)["model"].startswith("a name of `automask models`")
