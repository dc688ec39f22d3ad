"""How long it takes from a click to the drawn outline, in a browser, with a real model.

    python benchmarks/review_latency.py OUTPUT [--model tiny] [--clicks 100] [--shot FILE.png]

Starts `automask review` on a copy of OUTPUT's decisions-free files, clicks in headless Chromium on
photographs whose embedding is there, and prints the median and the 95th percentile of three times:
click to outline in the page, the server's answer as the page sees it, and the decoder alone.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median, quantiles
from typing import Any

import numpy as np
from playwright.sync_api import sync_playwright

READY_SECONDS = 120
# Fractions of the photograph, one after the other.
PLACES = [(0.3 + 0.1 * (n % 5), 0.3 + 0.1 * (n // 5 % 5)) for n in range(25)]
CLICK = """
async ([x, y]) => {
  const { review } = automask;
  const work = review.work;
  const point = { x: x * work.width, y: y * work.height };
  const began = performance.now();
  await review.addPoint({ ...point, on: !work.isInside(point.x, point.y) });
  await new Promise(requestAnimationFrame);
  const drawn = performance.now() - began;
  const answered = review.latency;
  review.step("undo");
  return [drawn, answered];
}
"""


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("output", type=Path)
    asked.add_argument("--model", default="tiny")
    asked.add_argument("--clicks", type=int, default=100)
    asked.add_argument("--shot", type=Path)
    given = asked.parse_args()
    with _served(given.output, given.model) as address, sync_playwright() as playwright:
        page = _opened(playwright, address)
        times = np.array(list(_clicks(page, given.clicks)))
        if given.shot:
            page.screenshot(path=str(given.shot))
    decoder = _decoder_ms(given.output, given.model, given.clicks)
    rows = (("click to outline", times[:, 0]), ("answer of the server", times[:, 1]))
    for what, row in (*rows, ("decoder alone", np.array(decoder))):
        print(f"{what}: median {median(row):.0f} ms, 95 % {quantiles(row, n=20)[-1]:.0f} ms")


@contextmanager
def _served(output: Path, model: str) -> Iterator[str]:
    """The server's address, for a copy of the output that may be written to."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "out"
        shutil.copytree(output, copy, ignore=shutil.ignore_patterns("decisions", "*.lock"))
        command = [sys.executable, "-m", "automask", "review", str(copy), "--model", model]
        server = subprocess.Popen(
            [*command, "--port", "0", "--queue", "all"],
            stdout=subprocess.PIPE,
            text=True,
            env=os.environ,
        )
        try:
            assert server.stdout is not None
            found = (re.search(r"http://\S+", line) for line in server.stdout)
            yield next(filter(None, found)).group()
        finally:
            server.terminate()
            server.wait()


def _opened(playwright: Any, address: str) -> Any:
    program = next(filter(None, map(shutil.which, ("chromium", "google-chrome"))))
    browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
    page = browser.new_page(viewport={"width": 1280, "height": 800})
    page.goto(address)
    page.wait_for_selector("#tiles li")
    page.keyboard.press("Escape")
    return page


def _clicks(page: Any, count: int) -> Iterator[tuple[float, float]]:
    """Milliseconds of each click; a new photograph after every ten."""
    for number in range(count):
        if number % 10 == 0:
            page.evaluate("automask.review.next()")
            _wait_until_encoded(page)
            page.evaluate(CLICK, PLACES[0])  # the first is slower: everything is cold
        drawn, answered = page.evaluate(CLICK, PLACES[number % len(PLACES)])
        yield drawn, answered


def _wait_until_encoded(page: Any) -> None:
    ready = "fetch(`/api/images/${automask.review.id}/ready`).then((a) => a.json())"
    for _ in range(READY_SECONDS * 10):
        if page.evaluate(ready)["ready"]:
            return
        page.wait_for_timeout(100)


def _decoder_ms(output: Path, model: str, count: int) -> list[float]:
    """The model's answer to one point with a mask before, without anything around it."""
    import time

    from automask.image.load import load
    from automask.image.sizes import shrink
    from automask.review.source import open_source
    from automask.sam.build import load_model
    from automask.sam.checkpoints import BY_NAME
    from automask.sam.interactive import Interactive, Question

    source = open_source(output)
    record = next(iter(source.records.values()))
    tool = Interactive(load_model(model, "cpu"))
    pixels = shrink(load(source.photograph(record)), BY_NAME[model].max_side)
    embedding = tool.embed(pixels)
    before = tool.as_previous(np.ones(pixels.shape[:2], np.bool_))
    times = []
    for number in range(count):
        began = time.perf_counter()
        place = PLACES[number % len(PLACES)]
        tool.ask(embedding, Question([place], [True], previous=before))
        times.append(1000 * (time.perf_counter() - began))
    return times


if __name__ == "__main__":
    main()
