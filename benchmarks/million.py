"""What the records of a large run cost to read: `python benchmarks/million.py [RECORDS]`.

Makes up a ledger of 1,000,000 records, of which every tenth image has an older one too, and prints
for each way of reading it the seconds, the peak of the process's memory and the size of the file.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

COUNT = 1_000_000
RECORDS = "from automask.cli import main; main()"
FRAME = "import sys, automask; print(automask.load_records(sys.argv[1]).shape)"


def main(count: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder)
        ledger = _make_up(output, count)
        print(f"{count:,} images, a ledger of {_megabytes(ledger)} MB", flush=True)
        for suffix in ("parquet", "csv", "jsonl"):
            file = output / f"records.{suffix}"
            figures = _measured(RECORDS, "records", str(output), "--out", str(file))
            _say(f"records --out .{suffix}", figures, f", {_megabytes(file)} MB")
            file.unlink()
        _say("records", _measured(RECORDS, "records", str(output)))
        _say("automask.load_records", _measured(FRAME, str(output)))


def _make_up(output: Path, count: int) -> Path:
    file = output / "records" / "run.jsonl"
    file.parent.mkdir()
    with file.open("w") as ledger:
        for number in range(count):
            ledger.write(_line(number, generation=1))
            if number % 10 == 0:
                ledger.write(_line(number, generation=2))
    return file


def _line(number: int, generation: int) -> str:
    """A record as a run writes it; names in no order."""
    place = number * 7_919 % 1_000_003
    image = f"shoot-{place % 97:02d}/IMG_{place:07d}"
    seconds = f"0.{number % 997:03d}417"
    started = f"2024-05-01T10:{number // 60 % 60:02d}:{number % 60:02d}.{generation}00+00:00"
    flags = '["touches_border"]' if number % 3 == 0 else "[]"
    return (
        f'{{"image": "{image}.jpg", "output": "trimaps/{image}.png", "flags": {flags}, '
        f'"confidence": 0.{number % 1000:03d}, "worker": "host:{number % 8}", '
        f'"started_at": "{started}", "generation": {generation}, '
        + "".join(f'"seconds_{stage}": {seconds}, ' for stage in STAGES)
        + REST
    )


STAGES = ("load", "encode", "decode", "choose", "refine", "write", "total")
REST = """"kinds": ["mask", "trimap"], "status": "ok", "error": null, "width": 640, "height": 426, \
"model": "tiny", \
"model_sha256": "220bfa1f55847f515a99c982e7ce81b0c829d47860bc5f92eacecec30f294a11", \
"device": "cpu", "dtype": "bfloat16", "generator": "fast", "attempts": 1, "score": 0.9832, \
"area_fraction": 0.185046, "memory_mb": 895.9, "input_bytes": 34943, \
"input_mtime_ns": 1795296210943971943, "settings": "bbbc50303c175247", "objects": null, "steps": []}
"""


def _say(what: str, figures: tuple[float, float], size: str = "") -> None:
    print(f"{what}: {figures[0]:.0f} s, {figures[1]:.0f} MiB at the peak{size}", flush=True)


def _measured(code: str, *arguments: str) -> tuple[float, float]:
    """Seconds and MiB at the peak of a process that runs Python code."""
    began = time.perf_counter()
    child = subprocess.Popen([sys.executable, "-c", code, *arguments], stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(child.pid, 0)
    if status:
        sys.exit(f"failed: {arguments}")
    return time.perf_counter() - began, usage.ru_maxrss / 1024


def _megabytes(file: Path) -> str:
    return f"{file.stat().st_size / 1e6:.0f}"


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else COUNT)
