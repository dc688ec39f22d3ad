"""A self-contained page of HTML: no network, no script, no other file.

Text is escaped, whatever a file's name holds; only arguments named markup are inserted verbatim.
"""

from __future__ import annotations

import base64
import html
import io
from collections.abc import Iterable, Sequence

from PIL import Image

from automask.show.console import visible
from automask.show.grid import Grid
from automask.show.tiles import Colour, Tile

JPEG_QUALITY = 85
STYLE = """
:root { color-scheme: light dark; --ink: #222; --paper: #fff; --head: #f4f4f4; --line: #ddd;
  --bar: #4477aa }
@media (prefers-color-scheme: dark) { :root { --ink: #ddd; --paper: #1b1b1b; --head: #2b2b2b;
  --line: #444; --bar: #7fb2e5 } }
body { font: 15px/1.45 system-ui, sans-serif; margin: 2em auto; max-width: 72em; padding: 0 1em;
  color: var(--ink); background: var(--paper) }
h1 { font-size: 1.5em } h2 { font-size: 1.2em; margin-top: 2em }
h1, h2, p, li, figcaption, td:first-child { overflow-wrap: anywhere }
.scroll { overflow-x: auto }
table { border-collapse: collapse; margin: 1em 0 }
th, td { padding: .25em .8em; text-align: right; border-bottom: 1px solid var(--line) }
td { white-space: nowrap } td:first-child { white-space: normal; min-width: 6em }
th { background: var(--head) } th:first-child, td:first-child { text-align: left }
tr.all td { font-weight: bold }
ul { padding-left: 1.2em } li.name { list-style: none; padding-left: 1em }
figure { margin: 1.5em 0 } img { max-width: 100%; height: auto; display: block }
figcaption { margin-bottom: .3em }
.tiles { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(200px, 44%), 1fr));
  gap: 6px; max-width: 824px }
.tiles span { font-size: .85em }
.key { display: inline-block; width: .9em; height: .9em; border: 1px solid #777;
  margin: 0 .3em 0 1em }
.bar { display: block; height: .9em; background: var(--bar); min-width: 1px }
td.bars { width: 14em; min-width: 4em }
"""


def framed(title: str, parts: Iterable[str]) -> str:
    """The page around its parts, which are markup; empty parts are left out."""
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{safe(title)}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<main>\n"
        + "\n".join(part for part in parts if part)
        + "\n</main>\n</body>\n</html>\n"
    )


def table(grid: Grid, words: str, last_is_all: bool = False) -> str:
    """A table. words: its description for screen readers."""
    rows = [[f"<td>{safe(cell)}</td>" for cell in row] for row in grid.rows]
    return _table(grid.heads, rows, words, last_is_all)


def bars(grid: Grid, shares: Sequence[float], words: str) -> str:
    """A table with a bar behind each row. shares: the bars' lengths, 0..1."""
    rows = [
        [*(f"<td>{safe(cell)}</td>" for cell in row), f'<td class="bars">{_bar(share)}</td>']
        for row, share in zip(grid.rows, shares, strict=True)
    ]
    return _table((*grid.heads, ""), rows, words)


def lines(texts: Sequence[str]) -> str:
    """A list; empty without lines. An indented line belongs to the one before."""
    items = "\n".join(
        f'<li class="name">{safe(text.strip())}</li>'
        if text.startswith(" ")
        else f"<li>{safe(text)}</li>"
        for text in texts
    )
    return f"<ul>\n{items}\n</ul>" if texts else ""


def folded(words: str, markup: str) -> str:
    """Content that is folded until opened."""
    return f"<details>\n<summary>{safe(words)}</summary>\n{markup}\n</details>"


def legend(words: str, keys: Iterable[tuple[Colour, str]]) -> str:
    """The meaning of each colour."""
    squares = "".join(
        f'<span class="key" style="background: rgb{colour}"></span>{safe(text)}'
        for colour, text in keys
    )
    return f"<p>{safe(words)}{squares}</p>"


def figure(name: str, words: str, tiles: Sequence[Tile]) -> str:
    """Pictures of one image side by side; on a narrow screen they wrap."""
    pictures = "".join(
        f"<div>{picture(Image.fromarray(pixels), f'{name}, {what}', 'JPEG')}"
        f"<span>{safe(what)}</span></div>"
        for what, pixels in tiles
    )
    caption = f"<figcaption>{safe(name)}: {safe(words)}</figcaption>"
    return f'<figure>{caption}<div class="tiles">{pictures}</div></figure>'


def picture(image: Image.Image, words: str, kind: str) -> str:
    """A picture inside the page. kind: JPEG or PNG."""
    buffer = io.BytesIO()
    image.save(buffer, kind, quality=JPEG_QUALITY)
    data = base64.b64encode(buffer.getvalue()).decode()
    size = f'width="{image.width}" height="{image.height}"'
    return f'<img src="data:image/{kind.lower()};base64,{data}" {size} alt="{safe(words)}">'


def safe(text: str) -> str:
    """Text, escaped for HTML."""
    return html.escape(visible(text))


def _table(
    heads: Iterable[str], rows: Sequence[Sequence[str]], words: str, last_is_all: bool = False
) -> str:
    head = "".join(f"<th>{safe(text)}</th>" if text else "<td></td>" for text in heads)
    body = [f"<tr>{''.join(cells)}</tr>" for cells in rows]
    if last_is_all:
        body[-1] = body[-1].replace("<tr>", '<tr class="all">', 1)
    joined = "\n".join(body)
    # tabindex makes the region reachable, and so scrollable, by keyboard.
    return (
        f'<div class="scroll" role="region" tabindex="0" aria-label="{safe(words)}"><table>\n'
        f"<thead><tr>{head}</tr></thead>\n<tbody>\n{joined}\n</tbody>\n</table></div>"
    )


def _bar(share: float) -> str:
    return f'<span class="bar" style="width: {share:.1%}"></span>' if share else ""
