"""Bad files in the folder: each costs itself, each has a record that says why."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from harness import by_image, make_photographs, run
from PIL import Image

pytestmark = pytest.mark.slow

LATIN1_NAME = os.fsdecode(b"caf\xe9.png")
WHY = {
    "broken_link.jpg": "No such file",
    "empty.jpg": "0 bytes",
    "huge.png": "too large",
    "pipe.jpg": "not a regular file",
    "text.jpg": "not an image",
    "truncated.jpg": "truncated",
}
FINE = ["photo_00.png", 'a b/it\'s a "name".png', "new\nline.png", LATIN1_NAME, "x.jpg/inside.png"]


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("bad") / "in"
    make_photographs(folder, 1)
    good = (folder / "photo_00.png").read_bytes()
    for name in FINE[1:]:
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(good)
    (folder / "empty.jpg").touch()
    (folder / "text.jpg").write_text("a letter to a friend")
    (folder / "broken_link.jpg").symlink_to("/nowhere/at/all.jpg")
    os.mkfifo(folder / "pipe.jpg")
    Image.new("1", (20000, 20000)).save(folder / "huge.png")
    Image.new("RGB", (1, 1), (200, 30, 30)).save(folder / "one_pixel.png")
    Image.linear_gradient("L").save(folder / "truncated.jpg")
    os.truncate(folder / "truncated.jpg", (folder / "truncated.jpg").stat().st_size // 2)
    return folder


@pytest.fixture(scope="module")
def finished(source: Path) -> tuple[subprocess.CompletedProcess[str], dict[str, dict[str, Any]]]:
    result = run(source, source.parent / "out")
    return result, by_image(source.parent / "out")


def test_the_run_finishes_says_so_and_exits_with_1(finished: Any) -> None:
    result, _ = finished
    assert result.returncode == 1
    assert f"{len(WHY)} failed" in result.stdout
    assert all(name in result.stdout for name in WHY)


@pytest.mark.parametrize("name", WHY)
def test_a_bad_file_is_a_failed_record_that_names_the_fault(finished: Any, name: str) -> None:
    record = finished[1][name]
    assert record["status"] == "failed"
    assert WHY[name] in record["error"]
    assert record["output"] is None


@pytest.mark.parametrize("name", FINE)
def test_an_odd_name_is_no_fault(finished: Any, source: Path, name: str) -> None:
    assert finished[1][name]["status"] in ("ok", "no_object")
    assert (source.parent / "out" / finished[1][name]["output"]).is_file()


def test_a_single_pixel_is_an_image_without_object(finished: Any) -> None:
    assert finished[1]["one_pixel.png"]["status"] == "no_object"


def test_control_characters_of_a_name_do_not_reach_the_terminal(finished: Any) -> None:
    assert "new\nline" not in finished[0].stdout


def test_a_rerun_tries_only_what_failed(finished: Any, source: Path) -> None:
    again = run(source, source.parent / "out")
    assert again.returncode == 1
    assert f"{len(finished[1]) - len(WHY)} done before" in again.stdout
    assert len(by_image(source.parent / "out")) == len(finished[1])


def test_an_unreadable_file_is_a_failed_record(tmp_path: Path) -> None:
    make_photographs(tmp_path / "in", 2)
    (tmp_path / "in" / "photo_01.png").chmod(0)
    result = run(tmp_path / "in", tmp_path / "out", prefix=without_roots_privilege())
    assert result.returncode == 1
    assert "Permission denied" in by_image(tmp_path / "out")["photo_01.png"]["error"]


def without_roots_privilege() -> list[str]:
    """Root may read every file; setpriv (util-linux) takes that away from a command."""
    if os.geteuid() != 0:
        return []
    if shutil.which("setpriv") is None:
        pytest.skip("root reads every file, and without setpriv its privilege cannot be dropped")
    return ["setpriv", "--bounding-set=-dac_override,-dac_read_search", "--inh-caps=-all"]
