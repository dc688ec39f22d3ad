"""What `automask serve` bears: `python benchmarks/serve_load.py PHOTOGRAPHS [REQUESTS]`.

Starts a server of its own on the loopback address, sends REQUESTS (48) photographs by 1, 8 and 64
clients at once, runs `automask run` on as many between, kills the server in the middle of a batch
and starts it again. Prints a table; the exit code is 0 where every request was answered or refused
with a reason, and the batch is whole. It ends by itself after 15 minutes at most.
"""

from __future__ import annotations

import http.client
import itertools
import json
import os
import secrets
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

CLIENTS = (1, 8, 64)
REQUESTS = 48
BATCH = 12
LIMIT_SECONDS = 900.0
TOKEN = secrets.token_urlsafe(16)
HEADERS = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "image/jpeg"}
ENVIRONMENT = {**os.environ, "AUTOMASK_TOKEN": TOKEN}
AUTOMASK = (sys.executable, "-m", "automask")


@dataclass(frozen=True)
class Answer:
    """What a request got, and when."""

    status: int
    seconds: float
    has_reason: bool  # a mask, or a refusal that says why


@contextmanager
def server(folder: Path) -> Iterator[tuple[int, subprocess.Popen[str]]]:
    """A server on a free port of the loopback address, ready; its port and its process."""
    command = [*AUTOMASK, "serve", "--folder", str(folder), "--port", "0", "--device", "cpu"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=ENVIRONMENT)
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        port = int(line.partition("127.0.0.1:")[2].partition("/")[0])
        yield port, process
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
            process.wait(60)


def ask(port: int, method: str, path: str, body: bytes = b"", **headers: str) -> tuple[int, bytes]:
    """One request to the loopback address."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=310)
    try:
        connection.request(method, path, body, {**HEADERS, **headers})
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def send(port: int, data: bytes) -> Answer:
    began = time.perf_counter()
    status, body = ask(port, "POST", "/v1/masks?output=mask", data)
    seconds = time.perf_counter() - began
    is_mask = status == 200 and body.startswith(b"\x89PNG")
    return Answer(status, seconds, is_mask or (status != 200 and "error" in json.loads(body)))


def load(
    port: int, photographs: list[bytes], clients: int, count: int
) -> tuple[list[Answer], float]:
    """`count` requests by so many clients; the answers, and the seconds of all together."""
    began = time.perf_counter()
    with ThreadPoolExecutor(clients) as threads:
        sent = itertools.islice(itertools.cycle(photographs), count)
        answers = list(threads.map(lambda data: send(port, data), sent))
    return answers, time.perf_counter() - began


def run_rate(photographs: list[bytes], count: int) -> float:
    """Images an hour of `automask run` on as many, from its first image to its last."""
    with tempfile.TemporaryDirectory() as root:
        source = Path(root) / "in"
        source.mkdir()
        for number, data in zip(range(count), itertools.cycle(photographs), strict=False):
            (source / f"{number:05}.jpg").write_bytes(data)
        flags = ("--device", "cpu", "--save", "mask", "--no-report", "--json")
        command = [*AUTOMASK, "run", str(source), f"{root}/out", *flags]
        ended: list[float] = []
        with subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        ) as process:
            assert process.stdout is not None
            for line in process.stdout:
                if b'"message_type": "image"' in line:
                    ended.append(time.perf_counter())
    return 3600 * (len(ended) - 1) / (ended[-1] - ended[0])


def killed(folder: Path, photographs: list[bytes]) -> tuple[int, int, int]:
    """A batch whose server is killed in the middle: photographs, done then, done at the end."""
    boundary = "automask-load"
    parts = [
        f'--{boundary}\r\nContent-Disposition: form-data; name="photograph"; filename="{n}.jpg"'
        "\r\n\r\n".encode()
        + data
        + b"\r\n"
        for n, data in zip(range(BATCH), itertools.cycle(photographs), strict=False)
    ]
    body = b"".join(parts) + f"--{boundary}--\r\n".encode()
    kind = {"Content-Type": f"multipart/form-data; boundary={boundary}"}
    with server(folder) as (port, process):
        batch = json.loads(ask(port, "POST", "/v1/jobs", body, **kind)[1])["id"]
        before = wait_for(port, batch, at_least=2)
        process.kill()
        process.wait()
    with server(folder) as (port, _):
        after = wait_for(port, batch, at_least=BATCH)
        fetched = [ask(port, "GET", f"/v1/jobs/{batch}/{n}/trimap")[0] for n in range(BATCH)]
    return BATCH, before["done"], after["done"] if set(fetched) == {200} else -1


def wait_for(port: int, batch: str, at_least: int) -> dict[str, Any]:
    while True:
        told: dict[str, Any] = json.loads(ask(port, "GET", f"/v1/jobs/{batch}")[1])
        if told["done"] >= at_least:
            return told
        time.sleep(0.1)


def main(folder: Path, count: int) -> None:
    threading.Timer(LIMIT_SECONDS, lambda: os._exit(1)).start()
    photographs = [file.read_bytes() for file in sorted(folder.glob("*.*"))]
    print("| clients | answers | p50 | p95 | images/h | of `run` |\n|---|---|---|---|---|---|")
    is_well = True
    with tempfile.TemporaryDirectory() as root:
        with server(Path(root) / "load") as (port, _):
            load(port, photographs, 2, 4)  # warm
            for clients in CLIENTS:
                alone = run_rate(photographs, count)
                answers, seconds = load(port, photographs, clients, count)
                is_well &= all(answer.has_reason for answer in answers)
                print(row(clients, answers, seconds, alone), flush=True)
        wanted, before, after = killed(Path(root) / "killed", photographs)
        print(f"kill -9 with {before} of {wanted} done: {after} done after the restart")
    os._exit(0 if is_well and after == wanted else 1)


def row(clients: int, answers: list[Answer], seconds: float, alone: float) -> str:
    times = sorted(answer.seconds for answer in answers)
    counts = ", ".join(
        f"{n} x {code}" for code, n in sorted(Counter(a.status for a in answers).items())
    )
    rate = 3600 * sum(answer.status == 200 for answer in answers) / seconds
    p95 = times[min(len(times) - 1, round(0.95 * len(times)))]
    middle = statistics.median(times)
    share = rate / alone
    return f"| {clients} | {counts} | {middle:.2f} s | {p95:.2f} s | {rate:,.0f} | {share:.2f} |"


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else REQUESTS)
