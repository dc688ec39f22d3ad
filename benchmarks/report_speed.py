"""How large and how fast a report is: `python benchmarks/report_speed.py [500,2000,5000]`.

Needs the packages of `make test` and a `chromium`. Makes outputs of so many images (small copies of
the sample photographs, with made-up masks, times and confidences), writes their reports, opens each
in headless Chromium, and prints seconds and megabytes; "of a core" is the processor's time, which
tells more where others are at work too. Nothing of it stays.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import MISSING, fields
from datetime import datetime, timedelta, timezone
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from numpy.typing import NDArray
from playwright.sync_api import Browser, Page, sync_playwright
from rich.table import Table

from automask.image.load import load_small
from automask.image.trimap import make_trimap
from automask.image.write import encode_png
from automask.output.ledger import RecordWriter
from automask.records import ImageRecord
from automask.report.build import write_report
from automask.report.timing import MEASURED
from automask.samples import copy_samples
from automask.show.console import make_console
from automask.system.files import write_atomic

COUNTS = (500, 2000, 5000)
MASKS = 40  # different ones; the images share them
LONGER_SIDE = 640  # px of the photographs
FOLDERS = 12
OPENED = 5  # times
# What a person would do one after the other; a field's name and what it is set to.
FILTERS = (
    ("text", "folder 7"), ("text", "4"), ("text", ""), ("least", "0.5"), ("least", "0"),
    ("status", "check"), ("order", "confidence"), ("order", "-seconds"), ("status", ""),
)  # fmt: skip
# Milliseconds until a frame with the filtered images has been drawn.
APPLY = """([name, value]) => new Promise((told) => {
  const field = document.forms[0].elements[name];
  const began = performance.now();
  field.value = value;
  field.dispatchEvent(new Event("input", { bubbles: true }));
  requestAnimationFrame(() => setTimeout(() => told(performance.now() - began)));
})"""
DRAWN = "new Promise((told) => requestAnimationFrame(() => setTimeout(told)))"


def main() -> None:
    counts = [int(n) for n in sys.argv[1].split(",")] if len(sys.argv) > 1 else COUNTS
    table = Table(
        "images", "written, s", "of a core", "again, s", "of a core", "page, MB", "beside it, MB",
        "open, s", "filter, ms", "slowest, ms", box=None,
    )  # fmt: skip
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as folder:
        chromium = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox"]
        )
        for count in counts:
            root = Path(folder) / str(count)
            make_run(root, count)
            table.add_row(f"{count:,}", *measured(root / "out", chromium))
            shutil.rmtree(root)
    make_console().print(table)


def measured(output: Path, chromium: Browser) -> Iterator[str]:
    """The cells of a row."""
    for _ in ("written", "again"):
        began, worked = time.perf_counter(), time.process_time()
        written = write_report(output)
        yield f"{time.perf_counter() - began:.1f}"
        yield f"{time.process_time() - worked:.1f}"
    yield f"{written.page.stat().st_size / 1e6:.1f}"
    beside = written.folder.glob("*.jpg") if written.folder else ()
    yield f"{sum(file.stat().st_size for file in beside) / 1e6:.1f}"
    pages = [chromium.new_page(viewport={"width": 1280, "height": 900}) for _ in range(OPENED)]
    yield f"{median(seconds_to_open(page, written.page) for page in pages):.2f}"
    for page in pages[1:]:
        page.close()
    times = [pages[0].evaluate(APPLY, list(step)) for _ in range(3) for step in FILTERS]
    yield f"{median(times):.0f}"
    yield f"{max(times):.0f}"
    pages[0].close()


def seconds_to_open(page: Page, file: Path) -> float:
    """Until the first images of the contact sheet have been drawn."""
    began = time.perf_counter()
    page.goto(file.as_uri())
    page.evaluate(DRAWN)
    return time.perf_counter() - began


def make_run(root: Path, count: int) -> None:
    """root/in and root/out, as a run over `count` photographs leaves them."""
    random = np.random.default_rng(0)
    samples = [load_small(file, LONGER_SIDE) for file in copy_samples(root / "samples")]
    photographs, trimaps = root / "in", root / "out" / "trimaps"
    for number, sample in enumerate(samples):
        sample.save(root / f"photograph{number}.jpg", quality=90)
    for number in range(MASKS):
        size = samples[number % len(samples)].size
        write_atomic(root / f"{number}.png", encode_png(make_trimap(blob(random, *size))))
    with RecordWriter(root / "out" / "records" / "run.jsonl") as ledger:
        for number in range(count):
            name = f"folder {number % FOLDERS}/{number:05}"
            for target, source in (
                (photographs / f"{name}.jpg", f"photograph{number % len(samples)}.jpg"),
                (trimaps / f"{name}.png", f"{number % MASKS}.png"),
            ):
                target.parent.mkdir(parents=True, exist_ok=True)
                os.link(root / source, target)
            info = (photographs / f"{name}.jpg").stat()
            ledger.append(record(random, number, name, samples[number % len(samples)].size, info))
    (root / "out" / "run.json").write_text(f'{{"config": {{"input": "{photographs}"}}}}')


def blob(random: np.random.Generator, width: int, height: int) -> NDArray[np.bool_]:
    """A round thing with a ragged edge, H x W."""
    rows, columns = np.mgrid[:height, :width]
    y, x = rows - height * random.uniform(0.4, 0.6), columns - width * random.uniform(0.4, 0.6)
    angle, waves = np.arctan2(y, x), np.arange(2, 40)
    ragged = sum(random.normal() / w * np.sin(w * angle + random.uniform(0, 7)) for w in waves)
    return np.hypot(x, y) < height * (0.3 + 0.04 * np.asarray(ragged))


def record(
    random: np.random.Generator, number: int, name: str, size: tuple[int, int], info: os.stat_result
) -> ImageRecord:
    seconds = dict(zip(MEASURED, random.uniform(0.01, 0.2, len(MEASURED)).tolist(), strict=True))
    begun = datetime(2024, 5, 1, 22, tzinfo=timezone.utc) + timedelta(seconds=number * 0.4)
    known: dict[str, Any] = {
        "image": f"{name}.jpg", "output": f"trimaps/{name}.png", "kinds": ("trimap",),
        "status": "ok", "width": size[0], "height": size[1], "model": "made up",
        "model_sha256": "0" * 64, "device": "cpu", "dtype": "float32", "generator": "fast",
        "worker": f"host:{number % 4}", "attempts": 1, "score": 0.9,
        "confidence": round(float(random.random()), 4), "area_fraction": 0.25,
        "flags": ("touches_border",) if number % 9 == 0 else (),
        **{f"seconds_{stage}": value for stage, value in seconds.items()},
        "seconds_total": sum(seconds.values()), "started_at": begun.isoformat(),
        "input_bytes": info.st_size, "input_mtime_ns": info.st_mtime_ns, "settings": "0" * 16,
    }  # fmt: skip
    unknown = {f.name: None for f in fields(ImageRecord) if f.default is MISSING}
    return ImageRecord(**{**unknown, **known})


if __name__ == "__main__":
    main()
