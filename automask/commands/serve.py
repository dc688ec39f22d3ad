"""The command `automask serve`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer


def serve_command(
    model: Annotated[
        str | None, typer.Option(help="A name of `automask models`, or a path.  (default: tiny)")
    ] = None,
    arch: Annotated[
        str | None, typer.Option(help="Architecture of a checkpoint given by path.")
    ] = None,
    device: Annotated[
        str | None, typer.Option(help="auto, cpu, cuda, cuda:N or mps.  (default: auto)")
    ] = None,
    workers: Annotated[int | None, typer.Option(help="Photographs at once.")] = None,
    threads: Annotated[int | None, typer.Option(help="Threads of each worker on a CPU.")] = None,
    config: Annotated[Path | None, typer.Option(help="TOML file with any setting.")] = None,
    folder: Annotated[
        Path, typer.Option(help="For batches and what is on its way; a restart goes on with it.")
    ] = Path("automask-serve"),
    host: Annotated[
        str, typer.Option(help="Address to listen on; others than this machine's can reach it.")
    ] = "127.0.0.1",
    port: Annotated[
        int | None, typer.Option(min=0, max=65535, help="0: any.  (default: 8766, or the next)")
    ] = None,
    name: Annotated[
        list[str] | None, typer.Option(help="Name that a proxy before it is called by.")
    ] = None,
    queue: Annotated[int, typer.Option(min=1, help="Requests at once; beyond: 429.")] = 64,
    batch: Annotated[
        int, typer.Option(min=1, help="Photographs of batches that may wait; beyond: 429.")
    ] = 2000,
    max_mb: Annotated[float, typer.Option(min=0.001, help="Of one request; beyond: 413.")] = 64,
    max_megapixels: Annotated[
        float, typer.Option(min=0.001, help="Of one photograph; beyond: 422.")
    ] = 50,
    timeout: Annotated[
        float, typer.Option(min=1, help="Seconds of computing for a photograph; beyond: 504.")
    ] = 60,
    wait: Annotated[
        float, typer.Option(min=1, help="Seconds until an answer, waiting included; beyond: 503.")
    ] = 300,
    log_file: Annotated[
        Path | None, typer.Option(help="File for a line for each photograph.")
    ] = None,
) -> None:
    """Answer over HTTP: photographs in, masks out; single ones and batches.

    The token is printed with the address; $AUTOMASK_TOKEN sets it.
    """
    from automask.web.extra import refuse_without_server

    refuse_without_server("serve", "automask serve", also=("python_multipart",))
    from automask.config import load_config
    from automask.serve.folder import Folder
    from automask.serve.limits import Limits
    from automask.serve.start import Place, run_server
    from automask.show.console import make_console

    place = Folder(folder)
    flags = {"model": model, "arch": arch, "device": device, "workers": workers, "threads": threads}
    bounds = {"timeout": timeout, "load": {"max_pixels": int(max_megapixels * 1e6)}, "retries": 0}
    folders = {"input": place.photographs, "output": place.results}
    settings = load_config(config, {**flags, **bounds, **folders}, os.environ)
    limits = Limits(int(max_mb * 2**20), queue, batch, wait)
    run_server(
        settings, place, limits, Place(host, port, tuple(name or ())), log_file, make_console()
    )
