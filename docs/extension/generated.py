"""Reference pages made from the code each time the site is built, so that they cannot go stale.

A page has a line `<!-- generated: NAME -->`; the text of that name takes its place. The meaning of
a setting or of a record's column is the comment beside its field in the source.
"""

from __future__ import annotations

import ast
import inspect
import json
import re
import textwrap
import tokenize
from collections.abc import Callable, Iterator
from enum import Enum
from io import StringIO
from pathlib import Path
from typing import Any, NamedTuple, get_args, get_type_hints

import typer
from pydantic import BaseModel
from pydantic_core import PydanticUndefined

from automask.cli import COMMANDS, DEVELOP, Row, command_function
from automask.config import RunConfig
from automask.errors import AutomaskError, ExitCode
from automask.records import ImageRecord, MaskResult
from automask.runs.summary import RunSummary
from automask.tabular.columns import Kind, columns

DOCS = Path(__file__).parent.parent
MARKER = re.compile(r"^<!-- generated: (\w+) -->$", re.MULTILINE)
# Of links out of docs/: the page that shows the same text in the site.
PAGES = {"../weights/README.md": "model-card.md", "../CHANGELOG.md": "changelog.md"}


class FieldText(NamedTuple):
    """What the source says of one field of a class."""

    type: str
    meaning: str


def fields_of(cls: type) -> dict[str, FieldText]:
    """The annotated fields of a class, with the comments above and beside them.

    Args:
        cls: A dataclass or pydantic model.

    Returns:
        The fields by name, in the order of the source.
    """
    source = textwrap.dedent(inspect.getsource(cls))
    comments = dict(_comments(source))
    found, end = {}, 1
    for node in ast.parse(source).body[0].body:  # type: ignore[attr-defined]
        if isinstance(node, ast.AnnAssign):
            above = [comments[n] for n in range(end + 1, node.lineno) if n in comments]
            last = node.end_lineno or node.lineno
            beside = [comments[n] for n in range(node.lineno, last + 1) if n in comments]
            meaning = " ".join((*above, *beside))
            found[ast.unparse(node.target)] = FieldText(ast.unparse(node.annotation), meaning)
        end = node.end_lineno or end
    return found


def _comments(source: str) -> Iterator[tuple[int, str]]:
    for token in tokenize.generate_tokens(StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            yield token.start[0], token.string.lstrip("# ")


def settings() -> str:
    """Every setting of a run: a table for the top level and one for each section."""
    parts = [_settings_table("Top level", RunConfig)]
    for name, field in RunConfig.model_fields.items():
        if _is_section(field.annotation):
            parts.append(_settings_table(f"`[{name}]`", field.annotation))
    return "\n\n".join(parts)


def _is_section(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)


def _settings_table(title: str, section: type[BaseModel]) -> str:
    texts = fields_of(section)
    rows = [
        (f"`{name}`", _default(field.default), _range(field.metadata), texts[name].meaning)
        for name, field in section.model_fields.items()
        if not _is_section(field.annotation)
    ]
    about = section.__dict__.get("__doc__") or ""
    head = f"## {title}\n\n{inspect.cleandoc(about)}\n\n" if about else f"## {title}\n\n"
    return head + table(("setting", "default", "range", "meaning and unit"), rows)


def _default(value: Any) -> str:
    if value is PydanticUndefined:
        return "required"
    if isinstance(value, Path):
        return f"`{value.name}`"
    return "" if value is None else f"`{json.dumps(value)}`"  # as TOML spells it


def _range(limits: list[Any]) -> str:
    signs = {"ge": "≥", "gt": ">", "le": "≤", "lt": "<"}
    return ", ".join(
        f"{sign} {getattr(limit, name)}"
        for limit in limits
        for name, sign in signs.items()
        if hasattr(limit, name)
    )


def records() -> str:
    """Every column of a record, its type in pandas and its meaning."""
    texts = fields_of(ImageRecord)
    rows = [(f"`{name}`", TYPES[kind], texts[name].meaning) for name, kind in columns().items()]
    return table(("column", "type", "meaning and unit"), rows)


def mask_result() -> str:
    """The fields of a MaskResult."""
    return _fields(MaskResult)


def run_summary() -> str:
    """The fields of a RunSummary."""
    return _fields(RunSummary)


def _fields(cls: type) -> str:
    rows = [(f"`{name}`", f"`{text.type}`", text.meaning) for name, text in fields_of(cls).items()]
    return table(("field", "type", "meaning and unit"), rows)


TYPES = {
    Kind.TEXT: "str",
    Kind.CATEGORY: "category",
    Kind.INSTANT: "datetime, UTC",
    Kind.INTEGER: "Int64",
    Kind.NUMBER: "Float64",
    Kind.TRUTH: "boolean",
    Kind.TEXTS: "list of str",
    Kind.NUMBERS: "list of float",
}


def exit_codes() -> str:
    """Every exit code, its meaning, and the errors that end in it."""
    errors: dict[int, list[str]] = {}
    for error in sorted(_below(AutomaskError), key=lambda cls: cls.__name__):
        errors.setdefault(int(error.exit_code), []).append(_summary(error))
    rows = [(str(int(c)), c.meaning, " ".join(errors.get(int(c), ()))) for c in ExitCode]
    return table(("code", "meaning", "errors that end in it"), rows)


def _below(cls: type[AutomaskError]) -> Iterator[type[AutomaskError]]:
    for child in cls.__subclasses__():
        yield child
        yield from _below(child)


def _summary(cls: type) -> str:
    return inspect.cleandoc(cls.__doc__ or "").split("\n\n")[0].replace("\n", " ")


def commands() -> str:
    """Every command with its arguments and options."""
    parts = []
    for panel in dict.fromkeys(row.panel for row in COMMANDS):
        parts.append(f"## {panel}")
        parts += [_command(row, row.name) for row in COMMANDS if row.panel == panel]
    parts += ["## Development", "What measures and fits the choice of the primary object."]
    return "\n\n".join([*parts, *(_command(row, f"develop {row.name}") for row in DEVELOP)])


def _command(row: Row, name: str) -> str:
    function = command_function(row.name)
    hints = get_type_hints(function, include_extras=True)
    usage, rows = ["automask", name, "[OPTIONS]"], []
    for parameter in inspect.signature(function).parameters.values():
        kind, info = get_args(hints[parameter.name])[:2]
        if isinstance(info, typer.models.ArgumentInfo):
            usage.append(info.metavar or parameter.name.upper())
            rows.append((f"`{usage[-1]}`", info.help or ""))
        else:
            rows.append((_option(parameter.name, kind, info), _meaning(parameter, info.help or "")))
    about = inspect.cleandoc(function.__doc__ or "")
    parts = (f"### `automask {name}`", about, "    " + " ".join(usage))
    return "\n\n".join([*parts, table(("argument or option", "meaning"), rows)])


def _option(name: str, kind: Any, info: typer.models.OptionInfo) -> str:
    given = (info.default, *(info.param_decls or ()))  # typer keeps a first name as the default
    names = [n for n in given if isinstance(n, str)] or [f"--{name.replace('_', '-')}"]
    value = info.metavar or _value(kind)
    return " ".join(f"`{name}`" for name in names) + (f" {value}" if value else "")


def _value(kind: Any) -> str:
    """What stands for the value of an option: nothing where it has none."""
    kind = next((k for k in get_args(kind) or (kind,) if k is not type(None)), kind)
    if inspect.isclass(kind) and issubclass(kind, Enum):
        return "|".join(str(member.value) for member in kind)
    return {bool: "", int: "N", float: "X", Path: "PATH"}.get(kind, "TEXT")


def _meaning(parameter: inspect.Parameter, help: str) -> str:
    value = parameter.default
    if value is None or isinstance(value, bool) or value is inspect.Parameter.empty:
        return help
    return f"{help}  (default: {getattr(value, 'value', value)})"


def others() -> str:
    """A table of contents of the pages that no other part of index.md names."""
    named = set(re.findall(r"^([\w/-]+)$", (DOCS / "index.md").read_text(), re.MULTILINE))
    pages = sorted(page.stem for page in DOCS.glob("*.md"))
    entries = [page for page in pages if page not in named and page != "index"]
    return "\n".join(["```{toctree}", ":hidden:", ":caption: More how-to", "", *entries, "```"])


def table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    """A Markdown table.

    Args:
        head: The titles of the columns.
        rows: The cells of each row, as Markdown.

    Returns:
        The lines of the table; `|` in a cell is escaped.
    """
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join(
        "| " + " | ".join(c.replace("|", "\\|") for c in cells) + " |" for cells in lines
    )


def model_card() -> str:
    """weights/README.md, with its links as seen from docs/."""
    text = (DOCS.parent / "weights" / "README.md").read_text(encoding="utf-8")
    return re.sub(r"\]\((curve\.\w+)\)", r"](../weights/\1)", text)


def changelog() -> str:
    """CHANGELOG.md, with its links as seen from docs/."""
    text = (DOCS.parent / "CHANGELOG.md").read_text(encoding="utf-8")
    return text.replace("](docs/", "](")


TEXTS: dict[str, Callable[[], str]] = {
    "settings": settings,
    "records": records,
    "mask_result": mask_result,
    "run_summary": run_summary,
    "exit_codes": exit_codes,
    "commands": commands,
    "others": others,
    "model_card": model_card,
    "changelog": changelog,
}


def complete(text: str) -> str:
    """The text of a page with its generated parts, and with links that stay inside the site."""
    for link, page in PAGES.items():
        text = text.replace(f"]({link}", f"]({page}")
    return MARKER.sub(lambda found: TEXTS[found[1]](), text)


def _on_read(_app: Any, _page: str, content: list[str]) -> None:
    content[0] = complete(content[0])


def _name(page: Path) -> str:
    return page.relative_to(DOCS).with_suffix("").as_posix()


def setup(app: Any) -> dict[str, bool]:
    """Called by Sphinx."""
    app.connect("source-read", _on_read)
    app.connect("env-get-outdated", lambda *_: sorted(map(_name, DOCS.glob("**/*.md"))))
    return {"parallel_read_safe": True}
