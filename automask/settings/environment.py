"""Settings by environment variables: AUTOMASK_MODEL=vit_b, AUTOMASK_TRIMAP__CONTOUR_PX=3."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterator, Mapping
from typing import Any, get_origin

from pydantic import BaseModel

from automask.errors import ConfigError

PREFIX = "AUTOMASK_"
# Variables that are no settings of a run: a job array's size, a server's token, tests of automask.
OTHERS = ("AUTOMASK_SHARDS", "AUTOMASK_TOKEN", "AUTOMASK_TEST_")
ARGUMENTS = {("input",), ("output",)}  # always given on the command line


def variable(path: tuple[str, ...]) -> str:
    """The environment variable of a setting, which is named by its section and its own name."""
    return PREFIX + "__".join(path).upper()


def setting_paths(model: type[BaseModel], above: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Every setting below a model, by the names that lead to it."""
    for name, field in model.model_fields.items():
        kind = field.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            yield from setting_paths(kind, (*above, name))
        elif (*above, name) not in ARGUMENTS:
            yield (*above, name)


def read_environment(environ: Mapping[str, str], model: type[BaseModel]) -> dict[str, Any]:
    """The settings that the environment names, nested as the model is.

    Raises ConfigError for a variable of ours that names no setting: it would do nothing.
    """
    paths = {variable(path): path for path in setting_paths(model)}
    nested: dict[str, Any] = {}
    for name in sorted(environ):
        if not name.startswith(PREFIX) or name.startswith(OTHERS):
            continue
        if name not in paths:
            raise ConfigError(_unknown(name, list(paths)))
        *sections, last = paths[name]
        place = nested
        for section in sections:
            place = place.setdefault(section, {})
        place[last] = _parsed(name, environ[name], _kind(model, paths[name]))
    return nested


def _kind(model: type[BaseModel], path: tuple[str, ...]) -> Any:
    """What a setting's values are: dict, tuple, or any other type."""
    for section in path[:-1]:
        model = model.model_fields[section].annotation  # type: ignore[assignment]
    annotation = model.model_fields[path[-1]].annotation
    return get_origin(annotation) or annotation


def _parsed(name: str, text: str, kind: Any) -> Any:
    """Text as it is, which the settings check; lists by commas, tables as JSON."""
    if kind is tuple:
        return [part.strip() for part in text.split(",") if part.strip()]
    if kind is not dict:
        return text
    try:
        return json.loads(text)
    except ValueError as error:
        raise ConfigError(f"{name} should be a JSON object: {error}") from error


def _unknown(name: str, known: list[str]) -> str:
    near = difflib.get_close_matches(name, known, 1)
    hint = f"; is {near[0]} meant?" if near else ""
    return f"the environment has {name}, but no setting is called that{hint}"
