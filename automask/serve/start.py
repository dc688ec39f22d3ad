"""From settings to a server that answers."""

from __future__ import annotations

from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from automask.config import RunConfig
from automask.errors import Interrupted, UsageError, reraise_oserror
from automask.image.process import Outcome
from automask.output.lock import locked
from automask.runs.prepare import equip
from automask.runs.watchers import LogLines, line_stream
from automask.serve.app import make_app
from automask.serve.batches import Batches
from automask.serve.desk import Desk
from automask.serve.engine import Engine
from automask.serve.figures import Figures
from automask.serve.folder import Folder
from automask.serve.limits import Limits
from automask.serve.line import Line
from automask.show.console import shown
from automask.system.signals import listen_for_signals
from automask.web.access import Access, make_token
from automask.web.guard import Guard
from automask.web.server import address, listen, port_of, server_of

PORT = 8766
SPARE = 64  # connections beyond the queue, which get 429 instead of being cut
GRACE_SECONDS = 20  # for requests at work, after a signal; systemd kills after 90


@dataclass(frozen=True)
class Place:
    """Where a server listens, and by which names it may be called."""

    host: str
    port: int | None
    names: tuple[str, ...] = ()  # beside its own: of the proxy before it


def run_server(
    config: RunConfig, folder: Folder, limits: Limits, place: Place, log_file: Path | None,
    console: Console,
) -> None:  # fmt: skip
    """Serves until a signal ends it. config: its input and output are of `folder`.

    Raises UsageError, WeightsError, DeviceError, LockedError before it listens; WorkersError where
    the workers do not come up.
    """
    prepared = equip(config)
    line, figures = Line(), Figures()
    batches = Batches(folder, line)
    with ExitStack() as held:
        with reraise_oserror(UsageError, f"cannot write into {folder.root}"):
            folder.make()
            held.enter_context(locked(folder.root, "serve", "serve"))
            batches.resume()
        listening = held.enter_context(listen(place.host, place.port, PORT))
        heard = [figures.masked]
        if log_file is not None:
            log = LogLines(held.enter_context(line_stream(log_file, "--log-file", "a")))
            heard.append(lambda outcome: log.finished(outcome.record))

        def tell(outcome: Outcome) -> None:
            for one in heard:
                one(outcome)

        engine = Engine(prepared, line, tell)
        desk = Desk(folder, line, batches, limits, figures, prepared.crew.workers)
        token, port = make_token(), port_of(listening)
        where = address(place.host, port, token)
        app = make_app(desk, engine, where.partition("/?")[0])
        own = Access(token, f"automask-serve-{port}")
        access = Access(token, own.cookie, own.names | set(place.names))
        console.print(f"{shown(config.model)} on {prepared.device}, {shown(where)}")
        guard = Guard(app, access, limits.body_bytes, open_paths=("/healthz",))
        server = server_of(guard, limits.queue + SPARE, GRACE_SECONDS)
        engine.on_fault = lambda: setattr(server, "should_exit", True)
        with (
            suppress(Interrupted),
            listen_for_signals(),
        ):  # uvicorn raises its signals anew at the end
            server.run(sockets=[listening])
        if engine.fault is not None:
            raise engine.fault
