"""`python review_server.py OUTPUT PORT QUEUE`: the review server, its helper without a model."""

from __future__ import annotations

import sys
from pathlib import Path

from review_desk import TOKEN, FakeHelper, make_desk

from automask.review.app import make_app
from automask.web.access import Access
from automask.web.server import listen, port_of, serve


def main(output: Path, port: int, queue: str) -> None:
    listening = listen("127.0.0.1", port, port)
    desk = make_desk(output, queue, FakeHelper())
    print(port_of(listening), flush=True)
    serve(make_app(desk, Access(TOKEN, f"automask_{port_of(listening)}")), listening)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3])
