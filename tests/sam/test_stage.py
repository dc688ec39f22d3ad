"""stage: one verified copy of a checkpoint on a node's own disk."""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from automask.errors import WeightsError
from automask.sam import stage as stage_module
from automask.sam import weights as weights_module
from automask.sam.checkpoints import Checkpoint
from automask.sam.stage import Staged, locate_staged

CONTENT = b"the parameters of a model"
SHA256 = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> Checkpoint:
    """A checkpoint of 25 bytes, `small`, known by name."""
    checkpoint = Checkpoint("small", "sam", "small.pth", SHA256, "https://example.org/")
    for module in (stage_module, weights_module):
        monkeypatch.setattr(module, "BY_NAME", {"small": checkpoint})
    return checkpoint


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    (tmp_path / "weights").mkdir()
    (tmp_path / "weights" / "small.pth").write_bytes(CONTENT)
    return tmp_path / "weights"


def stage(tmp_path: Path, weights: Path) -> Staged:
    return locate_staged("small", None, weights, tmp_path / "node")


def copies(tmp_path: Path) -> list[Path]:
    """All files under the node's folder but locks."""
    return [f for f in (tmp_path / "node").rglob("*") if f.is_file() and f.suffix != ".lock"]


def test_without_a_folder_the_original_is_taken(weights: Path) -> None:
    staged = locate_staged("small", None, weights, None)
    assert (staged.weights.file, staged.fault) == (weights / "small.pth", None)


def test_the_copy_is_taken_and_is_what_the_original_is(tmp_path: Path, weights: Path) -> None:
    staged = stage(tmp_path, weights)
    assert staged.fault is None
    assert staged.weights.sha256 == SHA256
    assert copies(tmp_path) == [staged.weights.file]
    assert staged.weights.file.read_bytes() == CONTENT
    assert staged.weights.file.name == f"{SHA256[:16]}-small.pth"


def test_the_copys_folder_is_for_its_user_alone(tmp_path: Path, weights: Path) -> None:
    folder = stage(tmp_path, weights).weights.file.parent
    assert folder.stat().st_mode & 0o777 == 0o700


def test_a_verified_copy_serves_without_a_look_at_the_original(
    tmp_path: Path, weights: Path
) -> None:
    first = stage(tmp_path, weights)
    (weights / "small.pth").write_bytes(b"damaged since")
    assert stage(tmp_path, weights) == first


def test_a_damaged_copy_is_made_anew(tmp_path: Path, weights: Path) -> None:
    copy = stage(tmp_path, weights).weights.file
    copy.write_bytes(CONTENT[:-1] + b"?")
    staged = stage(tmp_path, weights)
    assert staged.fault is None
    assert staged.weights.file.read_bytes() == CONTENT


def test_what_a_killed_copier_left_is_overwritten(tmp_path: Path, weights: Path) -> None:
    folder = tmp_path / "node" / f"automask-{os.getuid()}"
    folder.mkdir(parents=True)
    (folder / f".{SHA256[:16]}-small.pth.partial").write_bytes(
        b"half, and longer than the whole is"
    )
    assert copies(tmp_path) != []
    assert [stage(tmp_path, weights).weights.file] == copies(tmp_path)


def test_a_checkpoint_given_by_its_path_is_copied_too(tmp_path: Path, weights: Path) -> None:
    own = weights / "own.pth"
    own.write_bytes(b"tuned")
    staged = locate_staged(str(own), "small", None, tmp_path / "node")
    assert staged.weights.file.parent.parent == tmp_path / "node"
    assert staged.weights.sha256 == hashlib.sha256(b"tuned").hexdigest()


def test_a_full_disk_falls_back_to_the_original_and_says_so(
    tmp_path: Path, weights: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def half(_: Path, target: Path) -> None:
        target.write_bytes(CONTENT[:5])
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(target))

    monkeypatch.setattr(shutil, "copyfile", half)
    staged = stage(tmp_path, weights)
    assert staged.weights.file == weights / "small.pth"
    assert staged.fault == (
        f"no copy of {weights / 'small.pth'} in {tmp_path / 'node'}: No space left on device; "
        "it is read there"
    )
    assert copies(tmp_path) == []


def test_a_folder_that_is_a_file_falls_back_to_the_original(tmp_path: Path, weights: Path) -> None:
    (tmp_path / "node").write_text("")
    staged = stage(tmp_path, weights)
    assert staged.weights.file == weights / "small.pth"
    assert "Not a directory" in str(staged.fault)


def test_a_folder_of_somebody_else_is_not_trusted(
    tmp_path: Path, weights: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage(tmp_path, weights)
    other = os.getuid() + 1
    (tmp_path / "node" / f"automask-{os.getuid()}").rename(tmp_path / "node" / f"automask-{other}")
    monkeypatch.setattr(os, "getuid", lambda: other)
    staged = stage(tmp_path, weights)
    assert staged.weights.file == weights / "small.pth"
    assert "belongs to another user" in str(staged.fault)


def test_a_damaged_original_is_an_error_as_without_staging(tmp_path: Path, weights: Path) -> None:
    (weights / "small.pth").write_bytes(b"damaged")
    with pytest.raises(WeightsError, match=r"small\.pth is damaged"):
        stage(tmp_path, weights)
    assert copies(tmp_path) == []


def test_a_missing_original_is_an_error_as_without_staging(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match="automask fetch small"):
        stage(tmp_path, tmp_path)


COPIER = """
import shutil, sys, time
from pathlib import Path
from automask.sam import stage
root = Path(sys.argv[1])
copyfile = shutil.copyfile
def noted(source, target):
    with (root / "copies.log").open("a") as log:
        log.write("copied\\n")
    time.sleep(0.5)  # the others come while this one copies
    copyfile(source, target)
shutil.copyfile = noted
(root / f"ready-{sys.argv[2]}").touch()
while not (root / "go").exists():
    time.sleep(0.01)
print(stage.locate_staged("tiny", None, None, root / "node"))
"""


def test_of_eight_processes_that_start_together_one_copies(tmp_path: Path) -> None:
    children = [
        subprocess.Popen(
            [sys.executable, "-c", COPIER, str(tmp_path), str(number)],
            stdout=subprocess.PIPE, text=True,
        )
        for number in range(8)
    ]  # fmt: skip
    while len(list(tmp_path.glob("ready-*"))) < 8:
        assert all(child.poll() is None for child in children)
        time.sleep(0.02)
    (tmp_path / "go").touch()
    said = {child.communicate()[0] for child in children}
    assert [child.returncode for child in children] == [0] * 8
    assert (tmp_path / "copies.log").read_text() == "copied\n"
    assert len(said) == 1
    assert f"'{copies(tmp_path)[0]}'" in said.pop()
