"""Every setting of a run with its value, what it is for, and where the value came from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from automask.config import RunConfig, flat, layers, load_config
from automask.settings.comments import explanations
from automask.settings.environment import setting_paths, variable


@dataclass(frozen=True)
class Setting:
    """One setting as a run would have it."""

    name: str  # dotted: trimap.contour_px
    value: Any  # ready for JSON
    source: str  # default, file, environment or flag
    variable: str  # of the environment
    help: str  # with its unit


def settings(file: Path | None, flags: dict[str, Any], environ: Mapping[str, str]) -> list[Setting]:
    """All settings in the order of config.py. Raises ConfigError where one is wrong."""
    config = load_config(file, flags, environ)
    values = config.model_dump(mode="json")
    told = {source: flat(given) for source, given in layers(file, flags, environ).items()}
    return [
        Setting(
            ".".join(path), _value(values, path), _source(".".join(path), told), variable(path),
            _help(RunConfig, path),
        )
        for path in setting_paths(RunConfig)
    ]  # fmt: skip


def schema() -> dict[str, Any]:
    """JSON Schema of a config file, for editors: what may stand in it, and what it means."""
    described = RunConfig.model_json_schema()
    models: dict[str, type[BaseModel]] = {model.__name__: model for model in _sections()}
    models[RunConfig.__name__] = RunConfig
    for name, part in {**described["$defs"], RunConfig.__name__: described}.items():
        for field, text in explanations(models[name]).items():
            part["properties"][field]["description"] = text
    described.pop("required", None)  # the folders are given on the command line
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **described}


def _sections() -> list[type[BaseModel]]:
    kinds = [field.annotation for field in RunConfig.model_fields.values()]
    return [k for k in kinds if isinstance(k, type) and issubclass(k, BaseModel)]


def _value(values: Any, path: tuple[str, ...]) -> Any:
    for name in path:
        values = values[name]
    return values


def _source(name: str, told: Mapping[str, Mapping[str, Any]]) -> str:
    """The highest layer that names a setting, or a part of one that is a table."""
    for source in reversed(list(told)):
        if any(key == name or key.startswith(f"{name}.") for key in told[source]):
            return source
    return "default"


def _help(model: type[BaseModel], path: tuple[str, ...]) -> str:
    for section in path[:-1]:
        model = model.model_fields[section].annotation  # type: ignore[assignment]
    return explanations(model).get(path[-1], "")
