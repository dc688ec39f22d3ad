"""Real runs of the command line on small made-up photographs, to break on purpose."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

# For the real model. A coarse grid of points: seconds for a run instead of minutes.
CONFIG = "[propose.settings]\npoints_per_side = 3\n"
LIMIT_SECONDS = 240
PHOTOGRAPHS = 20  # of the fixture


def make_photographs(folder: Path, count: int) -> None:
    """Discs of many colours and sizes on graded backdrops, 90 x 120."""
    folder.mkdir(parents=True, exist_ok=True)
    rows, columns = np.mgrid[0:90, 0:120]
    for number in range(count):
        rng = np.random.default_rng(number)
        image = np.stack([170 + rows // 3 - number] * 3, axis=2).astype(np.uint8)
        center, radius = rng.uniform((35, 40), (55, 80)), rng.uniform(15, 30)
        inside = (rows - center[0]) ** 2 + (columns - center[1]) ** 2 < radius**2
        image[inside] = rng.integers(0, 120, 3)
        Image.fromarray(image).save(folder / f"photo_{number:02}.png")


FAULTY_RUN = Path(__file__).parent / "faulty_run.py"


def command(source: Path, output: Path, *flags: str, fault: str = "none:") -> list[str]:
    """A run with a fake model. fault: what goes wrong with which photograph, see faulty_run.py."""
    arguments = ["run", str(source), str(output), "--device", "cpu"]
    return [sys.executable, str(FAULTY_RUN), fault, *arguments, *flags]


def real_command(source: Path, output: Path, *flags: str) -> list[str]:
    """A run with the bundled model."""
    config = source.parent / "config.toml"
    config.write_text(CONFIG)
    arguments = ["run", str(source), str(output), "--config", str(config), "--device", "cpu"]
    return [sys.executable, "-m", "automask", *arguments, *flags]


def run(
    source: Path, output: Path, *flags: str, prefix: Sequence[str] = (), fault: str = "none:"
) -> subprocess.CompletedProcess[str]:
    """A run to its end; prefix: a command that starts it, such as setpriv."""
    return _finished([*prefix, *command(source, output, *flags, fault=fault)])


def run_real(source: Path, output: Path, *flags: str) -> subprocess.CompletedProcess[str]:
    """A run with the bundled model to its end."""
    return _finished(real_command(source, output, *flags))


def _finished(arguments: Sequence[str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        arguments, capture_output=True, text=True, timeout=LIMIT_SECONDS, check=False
    )


def start(source: Path, output: Path, *flags: str) -> subprocess.Popen[str]:
    """A run in the background, in a process group of its own."""
    return _started(command(source, output, *flags))


def start_real(source: Path, output: Path, *flags: str) -> subprocess.Popen[str]:
    """A run with the bundled model in the background, in a process group of its own."""
    return _started(real_command(source, output, *flags))


def _started(arguments: Sequence[str]) -> subprocess.Popen[str]:
    return subprocess.Popen(
        arguments,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
    )  # fmt: skip


def records(output: Path) -> list[dict[str, Any]]:
    """Every line of the ledger; a line that does not parse fails the test."""
    file = output / "records" / "run.jsonl"
    return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []


def by_image(output: Path) -> dict[str, dict[str, Any]]:
    """Records by image; an image with two records fails the test."""
    lines = records(output)
    assert len({r["image"] for r in lines}) == len(lines)
    return {r["image"]: r for r in lines}


def wait_for(condition: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + LIMIT_SECONDS
    while not condition():
        assert time.monotonic() < deadline, f"gave up waiting for {what}"
        time.sleep(0.02)


def wait_for_records(output: Path, count: int) -> None:
    file = output / "records" / "run.jsonl"
    wait_for(lambda: file.exists() and file.read_bytes().count(b"\n") >= count, f"{count} records")


def trimaps(output: Path) -> dict[str, bytes]:
    """The bytes of all trimaps by their relative path."""
    root = output / "trimaps"
    return {str(p.relative_to(root)): p.read_bytes() for p in root.rglob("*") if p.is_file()}


def leftovers(output: Path) -> list[Path]:
    return [p for p in output.rglob("*") if "partial" in p.name]


def assert_complete(output: Path, undisturbed: Path) -> None:
    """The same masks as of a run that nothing happened to, a record each, and no litter."""
    assert trimaps(output) == trimaps(undisturbed)
    assert leftovers(output) == []
    found, wanted = by_image(output), by_image(undisturbed)
    assert {i: r["status"] for i, r in found.items()} == {i: r["status"] for i, r in wanted.items()}


def is_running(pid: int) -> bool:
    """False for processes that are gone, and for those that are dead but not yet collected."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def worker_pids(output: Path) -> set[int]:
    """Processes that finished an image so far."""
    return {int(r["worker"].rpartition(":")[2]) for r in records(output)} - {os.getpid()}
