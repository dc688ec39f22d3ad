"""Starting a review: what there is, the model, the address, the server until it is ended."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from automask.config import ProposeConfig
from automask.evaluate.reviewed import worth
from automask.review.desk import Desk
from automask.review.source import Source, open_source
from automask.review.worklist import make_worklist
from automask.show.console import shown
from automask.web.extra import refuse_without_server

if TYPE_CHECKING:
    from rich.console import Console

    from automask.review.assistant import Assistant

USUAL_PORT = 8765


def review(
    output: Path,
    queue: str,
    reviewer: str,
    console: Console,
    photographs: Path | None = None,
    model: str | None = None,
    device: str = "auto",
    host: str = "127.0.0.1",
    port: int | None = None,
) -> None:
    """Serves the queue of an output folder until a signal ends it.

    model: None: the one that the run used; "none": no model, hands alone. Raises UsageError,
    InstallationError, WeightsError and DeviceError before anything is served.
    """
    refuse_without_server("review", "automask review")
    from automask.review.app import make_app
    from automask.web.access import Access, make_token
    from automask.web.server import address, listen, port_of, serve, ssh_line

    source = open_source(output, photographs)
    desk = Desk(source, make_worklist(source.records.values(), queue), reviewer)
    listening = listen(host, port, USUAL_PORT)
    if model != "none":
        desk.helper = make_assistant(source, desk, model, device)
    token, port = make_token(), port_of(listening)
    first = desk.next_id(None)
    if first is not None and desk.helper is not None:
        desk.helper.look_ahead([first])
    console.print(f"{len(desk.worklist.items)} images in the queue {shown(queue)}; open")
    console.print(f"  {address(host, port, token)}", soft_wrap=True)
    line = ssh_line(port)
    if line is not None:
        console.print(f"from your own machine first: {shown(line)}", soft_wrap=True)
    console.print("every decision is saved at once; Ctrl+C ends the server")
    try:
        serve(make_app(desk, Access(token, f"automask_{port}")), listening)
    finally:
        if desk.helper is not None:
            desk.helper.close()
    print_end(console, desk)


def make_assistant(source: Source, desk: Desk, model: str | None, device: str) -> Assistant:
    """The run's model, or another, ready to answer. Imports torch."""
    from automask.proposer import make_proposer
    from automask.review.assistant import Assistant
    from automask.sam.build import build
    from automask.sam.device import resolve_device
    from automask.sam.weights import locate

    config = source.config
    if model is not None:  # the run's own settings of proposals are about its own model
        config = config.model_copy(
            update={"model": model, "arch": None, "propose": ProposeConfig()}
        )
    weights = locate(config.model, config.arch, config.weights)
    if model is None and weights.checkpoint.is_student:  # which answers no clicks
        return make_assistant(source, desk, "tiny", device)
    built = build(weights).to(resolve_device(device))
    is_tiny = weights.checkpoint.family == "tiny"
    proposer = make_proposer(built, weights, config)
    return Assistant(built, proposer, desk.photographs, config, is_fresh_too=is_tiny)


def print_end(console: Console, desk: Desk) -> None:
    """How far it is, what was changed, and what a sample says of the whole run."""
    progress = desk.progress()
    counts = ", ".join(f"{count} {verdict}" for verdict, count in progress["verdicts"].items())
    console.print(f"{progress['left']} of {progress['total']} left; {counts or 'nothing decided'}")
    came_to = worth(desk.source.output, desk.decisions())
    if came_to is not None:
        console.print(str(came_to))
    found = progress["estimate"]
    if found is not None:
        console.print(
            f"of {found['looked_at']} masks drawn at random {found['bad']} were bad: "
            f"{found['share']:.1%} of the whole run, {found['low']:.1%} to {found['high']:.1%} "
            "(95 % interval)"
        )
