"""Output that cannot be written: a clear stop, parseable records, nothing finished lost."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from harness import PHOTOGRAPHS, by_image, leftovers, run, trimaps

pytestmark = pytest.mark.slow


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 64 kB, where this user may mount one."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(folder)]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("only root can mount a small file system, and only where mounts are allowed")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def test_a_full_disk_stops_the_run_and_room_lets_it_go_on(
    photographs: Path, undisturbed: Path, small_disk: Path
) -> None:
    output = small_disk / "out"
    stopped = run(photographs, output, "--save", "trimap,cutout,overlay")
    assert stopped.returncode == 1
    assert "No space left on device" in stopped.stderr
    assert "run the same command again" in stopped.stderr
    assert "Traceback" not in stopped.stderr
    assert len(by_image(output)) < PHOTOGRAPHS
    assert leftovers(output) == []

    subprocess.run(["mount", "-o", "remount,size=16m", str(small_disk)], check=True)
    again = run(photographs, output, "--save", "trimap,cutout,overlay")
    assert again.returncode == 0, again.stderr
    assert trimaps(output) == trimaps(undisturbed)


def test_a_read_only_output_is_refused_before_any_work(photographs: Path, small_disk: Path) -> None:
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    refused = run(photographs, small_disk / "out")
    assert refused.returncode == 2
    assert "cannot write into" in refused.stderr
    assert "Read-only file system" in refused.stderr


def test_an_output_that_is_a_file_is_refused(photographs: Path, tmp_path: Path) -> None:
    (tmp_path / "out").write_text("not a folder")
    refused = run(photographs, tmp_path / "out")
    assert refused.returncode == 2
    assert "cannot write into" in refused.stderr


def test_truncated_weights_are_refused_and_named(photographs: Path, tmp_path: Path) -> None:
    from automask.sam.weights import locate

    whole = locate("tiny").file
    shutil.copy(whole, tmp_path / whole.name)
    os.truncate(tmp_path / whole.name, 1_000_000)
    refused = run(photographs, tmp_path / "out", "--weights", str(tmp_path))
    assert refused.returncode == 3
    assert str(tmp_path / whole.name) in refused.stderr
    assert not (tmp_path / "out").exists()
