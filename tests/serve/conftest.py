"""A server whose workers are real processes with a model that only draws a square."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from fakes import fake_context
from serve_fakes import TOKEN, Serving
from starlette.testclient import TestClient

from automask.config import RunConfig
from automask.runs import dispatch
from automask.runs.prepare import equip
from automask.serve.app import make_app
from automask.serve.batches import Batches
from automask.serve.desk import Desk
from automask.serve.engine import Engine
from automask.serve.figures import Figures
from automask.serve.folder import Folder
from automask.serve.limits import Limits
from automask.serve.line import Line
from automask.web.access import Access
from automask.web.guard import Guard


@pytest.fixture
def serving(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Serving:
    """A function: a client, signed in, of a server in tmp_path with the limits it is given."""
    real = dispatch.worker_setup

    def fake_setup(*given: Any) -> Any:
        return replace(real(*given), make_context=fake_context, imports="json")

    monkeypatch.setattr(dispatch, "worker_setup", fake_setup)

    @contextmanager
    def serve(timeout: float = 60, **limits: Any) -> Iterator[TestClient]:
        folder = Folder(tmp_path / "served")
        folder.make()
        config = RunConfig(
            input=folder.photographs, output=folder.results, device="cpu", workers=1, retries=0,
            timeout=timeout, load={"max_pixels": 10_000},
        )  # fmt: skip
        line, figures, bounds = Line(), Figures(), Limits(**limits)
        batches = Batches(folder, line)
        batches.resume()
        engine = Engine(equip(config), line, figures.masked)
        desk = Desk(folder, line, batches, bounds, figures, 1)
        access = Access(TOKEN, "cookie", frozenset({"testserver"}))
        guard = Guard(make_app(desk, engine, "http://x"), access, bounds.body_bytes, ("/healthz",))
        headers = {"authorization": f"Bearer {TOKEN}"}
        with TestClient(guard, headers=headers, raise_server_exceptions=False) as client:
            client.desk = desk
            yield client

    return serve
