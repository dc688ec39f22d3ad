"""What each setting is for, as the comment beside it says.

A setting is explained once, where it is defined. Editors and `automask config show` read it there.
"""

from __future__ import annotations

import inspect
import io
import re
import tokenize
from functools import cache

from pydantic import BaseModel

FIELD = re.compile(r"\s+(\w+)\s*:")


@cache
def explanations(model: type[BaseModel]) -> dict[str, str]:
    """The comments of a model's fields by name: those above it, and the one in its line."""
    explained: dict[str, str] = {}
    above: list[str] = []
    for line in _lines(model):
        comment, is_alone = _comment(line)
        if is_alone:
            above.append(comment)
            continue
        field = FIELD.match(line)
        if field and field[1] in model.model_fields:
            meaning = " ".join([*above, comment]).strip()
            if meaning:
                explained[field[1]] = meaning
        above = []
    return explained


def _lines(model: type[BaseModel]) -> list[str]:
    return inspect.getsource(model).splitlines()


def _comment(line: str) -> tuple[str, bool]:
    """A line's comment without its mark, and whether there is nothing else in the line."""
    if line.lstrip().startswith("#"):
        return line.strip().lstrip("# "), True
    try:
        tokens = list(tokenize.generate_tokens(io.StringIO(line.strip()).readline))
    except (tokenize.TokenError, SyntaxError):  # a line of a longer statement
        return "", False
    comments = [token.string for token in tokens if token.type == tokenize.COMMENT]
    return (comments[0].lstrip("# ") if comments else ""), False
