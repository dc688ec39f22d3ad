"""Starting a server: its socket, its address with the token, its end."""

from __future__ import annotations

import getpass
import os
import signal
import socket
from collections.abc import Mapping
from typing import TYPE_CHECKING

import uvicorn

from automask.errors import UsageError

if TYPE_CHECKING:
    from starlette.types import ASGIApp

HOST = "127.0.0.1"
TRIES = 20  # ports after the usual one, where nobody asked for a certain one
CONCURRENT = 64  # requests at once; more are answered with 503
GRACE_SECONDS = 5


def listen(host: str, port: int | None, usual: int) -> socket.socket:
    """A socket at the port asked for; None: the usual one, or the next that is free.

    Raises UsageError where that cannot be.
    """
    ports = [port] if port is not None else [*range(usual, usual + TRIES), 0]
    for number in ports:
        try:
            return _bound(host, number)
        except OSError as error:
            fault = error
    raise UsageError(
        f"cannot listen on {host}, port {ports[0]}: {fault.strerror or fault}; "
        "give another with --host or --port"
    ) from fault


def _bound(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((host, port))
        listening.listen()
    except OSError:
        listening.close()
        raise
    return listening


def port_of(listening: socket.socket) -> int:
    """The port that a socket listens on."""
    return int(listening.getsockname()[1])


def address(host: str, port: int, token: str) -> str:
    """What to open in a browser. A host that stands for all of them is reached by its own name."""
    name = socket.gethostname() if host in ("0.0.0.0", "::") else host
    shown = f"[{name}]" if ":" in name else name
    return f"http://{shown}:{port}/?token={token}"


def ssh_line(port: int, environ: Mapping[str, str] = os.environ) -> str | None:
    """The command that makes the port reachable from where an ssh session came; None: no ssh."""
    parts = environ.get("SSH_CONNECTION", "").split()
    if len(parts) != 4:
        return None
    return f"ssh -L {port}:localhost:{port} {getpass.getuser()}@{parts[2]}"


def server_of(
    app: ASGIApp, concurrent: int = CONCURRENT, grace_seconds: int = GRACE_SECONDS
) -> uvicorn.Server:
    """A server, not yet started. concurrent: requests at once; more are answered with 503."""
    config = uvicorn.Config(
        app,
        log_level="warning",
        access_log=False,
        server_header=False,
        ws="none",
        limit_concurrency=concurrent,
        timeout_graceful_shutdown=grace_seconds,
    )
    return uvicorn.Server(config)


def serve(app: ASGIApp, listening: socket.socket) -> None:
    """Answers until a signal ends it; requests at hand are finished first. In the main thread.

    uvicorn raises the signal once more when it has ended; that must not take away what the command
    has to say at its end.
    """
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: None)
    server_of(app).run(sockets=[listening])
