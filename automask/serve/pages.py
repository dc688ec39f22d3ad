"""Pages for people: what the server can do, and how far a batch is. No script, no network."""

from __future__ import annotations

import html
from http import HTTPStatus
from typing import Any

from automask.serve.batches import Batch, failures

STYLE = """body{font:16px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:60rem;padding:0 1rem;
color:#1c1c1c;background:#fff}
code,pre{font:14px/1.45 ui-monospace,monospace}pre{overflow:auto;background:#f4f4f4;padding:1rem}
table{border-collapse:collapse;width:100%}td,th{text-align:left;padding:.3rem .8rem .3rem 0;
border-bottom:1px solid #ddd;vertical-align:top}h2{margin-top:2.5rem}h2 code{font-size:1.2rem}
a{color:#0b57d0}
@media(prefers-color-scheme:dark){body{color:#eee;background:#161616}pre{background:#242424}
td,th{border-color:#444}a{color:#8ab4f8}}
"""
PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
{head}<title>{title}</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/style.css">
</head>
<body>
<main>
<h1>{title}</h1>
{body}
</main>
</body>
</html>
"""
EXAMPLES = """curl -H "Authorization: Bearer $AUTOMASK_TOKEN" -F photograph=@cat.jpg \\
     -F output=cutout {base}/v1/masks -o cat.png
curl -H "Authorization: Bearer $AUTOMASK_TOKEN" --data-binary @cat.jpg \\
     -H "Content-Type: image/jpeg" "{base}/v1/masks?output=json"
curl -H "Authorization: Bearer $AUTOMASK_TOKEN" -F photograph=@a.jpg -F photograph=@b.jpg \\
     {base}/v1/jobs"""
REFRESH_SECONDS = 5


def api_page(document: dict[str, Any], base: str) -> str:
    """The OpenAPI document as a page."""
    parts = [
        f"<p>{html.escape(document['info']['description'])}</p>",
        f"<pre>{html.escape(EXAMPLES.format(base=base))}</pre>",
        '<p><a href="/v1/jobs">Batches</a>; <a href="/metrics">figures</a>; the same as a document '
        'for programs: <a href="/openapi.json">openapi.json</a></p>',
    ]
    for path, methods in document["paths"].items():
        parts += [_operation(path, method, operation) for method, operation in methods.items()]
    return PAGE.format(head="", title="automask", body="\n".join(parts))


def _operation(path: str, method: str, operation: dict[str, Any]) -> str:
    about = html.escape(operation.get("description") or operation.get("summary", ""))
    rows = "".join(
        f"<tr><td><code>{code}</code></td><td>{html.escape(answer['description'])}</td></tr>"
        for code, answer in operation["responses"].items()
    )
    head = f"<h2><code>{method.upper()} {html.escape(path)}</code></h2>"
    return f"{head}\n<p>{about}</p>\n{_body(operation)}<table>{rows}</table>"


def _body(operation: dict[str, Any]) -> str:
    """The kinds of body, and the fields of each."""
    content = operation.get("requestBody", {}).get("content", {})
    lines = []
    for kind, body in content.items():
        fields = ", ".join(body["schema"].get("properties", {})) or "the photograph itself"
        lines.append(f"<li><code>{html.escape(kind)}</code>: {html.escape(fields)}</li>")
    return f"<ul>{''.join(lines)}</ul>\n" if lines else ""


def batches_page(batches: list[Batch]) -> str:
    rows = "".join(
        f'<tr><td><a href="/v1/jobs/{b.id}"><code>{b.id}</code></a></td><td>{b.state}</td>'
        f"<td>{len(b.records)} of {len(b.photographs)}</td></tr>"
        for b in batches
    )
    body = f"<table><tr><th>batch</th><th>state</th><th>done</th></tr>{rows}</table>"
    return PAGE.format(head="", title="Batches", body=body if batches else "<p>There are none.</p>")


def batch_page(batch: Batch) -> str:
    """How far a batch is; while it is at work the page comes anew by itself."""
    is_working = batch.state == "working"
    refresh = f'<meta http-equiv="refresh" content="{REFRESH_SECONDS}">\n' if is_working else ""
    body = (
        f"<p>{batch.state}: {len(batch.records)} of {len(batch.photographs)} done, "
        f"{failures(batch)} failed</p>\n<table><tr><th>photograph</th><th>status</th>"
        f"<th>confidence</th><th>results</th></tr>{_rows(batch)}</table>"
    )
    return PAGE.format(head=refresh, title=f"Batch {batch.id[:8]}", body=body)


def _rows(batch: Batch) -> str:
    return "".join(_row(batch, number) for number in range(len(batch.photographs)))


def _row(batch: Batch, number: int) -> str:
    photograph = batch.photographs[number]
    record = batch.records.get(photograph.image)
    name = html.escape(photograph.name or f"{number}")
    if record is None:
        return f"<tr><td>{name}</td><td>waiting</td><td></td><td></td></tr>"
    links = " ".join(
        f'<a href="/v1/jobs/{batch.id}/{number}/{kind}">{kind}</a>' for kind in record.kinds
    )
    what = html.escape(record.error) if record.error else links
    confidence = "" if record.confidence is None else f"{record.confidence:.2f}"
    return f"<tr><td>{name}</td><td>{record.status}</td><td>{confidence}</td><td>{what}</td></tr>"


def wants_page(accept: str) -> bool:
    """Whether a browser asks."""
    return "text/html" in accept


PHRASES = {status.value: status.phrase for status in HTTPStatus}
