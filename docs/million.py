"""What the records of a large run cost to read: `python docs/million.py [RECORDS]`.

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

from automask.records import ImageRecord, to_line

COUNT = 1_000_000
RECORDS = "from automask.cli import main; main()"
FRAME = "import sys, automask; print(automask.load_records(sys.argv[1]).shape)"


def main(count: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder)
        ledger = _make_up(output, count)
        print(f"{count:,} images, a ledger of {_megabytes(ledger)} MB")
        for suffix in ("parquet", "csv", "jsonl"):
            file = output / f"records.{suffix}"
            figures = _measured(RECORDS, "records", str(output), "--out", str(file))
            _say(f"records --out .{suffix}", figures, f", {_megabytes(file)} MB")
        _say("records", _measured(RECORDS, "records", str(output)))
        _say("automask.load_records", _measured(FRAME, str(output)))


def _make_up(output: Path, count: int) -> Path:
    file = output / "records" / "run.jsonl"
    file.parent.mkdir()
    with file.open("w") as ledger:
        for number in range(count):
            ledger.write(to_line(_record(number, attempt=1)))
            if number % 10 == 0:
                ledger.write(to_line(_record(number, attempt=2)))
    return file


def _record(number: int, attempt: int) -> ImageRecord:
    """Names in no order, as large as those of a real run."""
    place = number * 7_919 % 1_000_003
    name = f"shoot-{place % 97:02d}/IMG_{place:07d}"
    seconds = {f"seconds_{stage}": 0.001 * (number % 997) for stage in _STAGES}
    known = {
        **dict.fromkeys(ImageRecord.__dataclass_fields__, 1),
        **seconds,
        "image": f"{name}.jpg",
        "output": f"trimaps/{name}.png",
        "kinds": ("mask", "trimap"),
        "status": "ok",
        "error": None,
        "model": "tiny",
        "model_sha256": "ab" * 32,
        "device": "cpu",
        "dtype": "bfloat16",
        "generator": "fast",
        "worker": f"host:{number % 8}",
        "attempts": attempt,
        "confidence": number % 1000 / 1000,
        "flags": ("touches_border",) if number % 3 == 0 else (),
        "started_at": f"2024-05-01T10:{number // 60 % 60:02d}:{number % 60:02d}.{attempt}00+00:00",
        "settings": "0123456789abcdef",
        "steps": (),
        "generation": 1,
    }
    return ImageRecord(**{name: known[name] for name in ImageRecord.__dataclass_fields__})


_STAGES = ("load", "encode", "decode", "choose", "refine", "write", "total")


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
