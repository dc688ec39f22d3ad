"""A whole bench with the bundled model."""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from automask.cli import main


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """Two photographs of discs, and a coarse grid of points in config.toml."""
    (tmp_path / "in").mkdir()
    (tmp_path / "config.toml").write_text("[propose.settings]\npoints_per_side = 3\n")
    rows, columns = np.mgrid[0:60, 0:80]
    for name, center in (("a.png", 35), ("b.png", 45)):
        image = np.full((60, 80, 3), 220, np.uint8)
        image[(rows - 30) ** 2 + (columns - center) ** 2 < 18**2] = (180, 30, 30)
        Image.fromarray(image).save(tmp_path / "in" / name)
    return tmp_path / "in"


def call(*arguments: object, monkeypatch: pytest.MonkeyPatch) -> int:
    """The exit code of `automask bench ARGUMENTS`, run in this process."""
    monkeypatch.setattr(sys, "argv", ["automask", "bench", *map(str, arguments)])
    with pytest.raises(SystemExit) as stopped:
        main()
    return int(stopped.value.code or 0)


@pytest.mark.slow
def test_stock_and_fast_are_measured_side_by_side(
    source: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(scratch))
    file, picture = tmp_path / "bench.json", tmp_path / "bench.png"
    code = call(
        "--images", source, "--devices", "cpu", "--workers", 1, "--threads", 1, "--rounds", 2,
        "--config", tmp_path / "config.toml", "--json", file, "--picture", picture,
        monkeypatch=monkeypatch,
    )  # fmt: skip
    assert code == 0
    shown = capsys.readouterr().out
    assert "711 images take" in shown
    assert "times as fast as stock" in shown
    found = json.loads(file.read_text())
    assert [v["name"] for v in found["variants"]] == ["tiny cpu stock", "tiny cpu fast"]
    for variant in found["variants"]:
        records = [r for turn in variant["rounds"] for r in turn["records"]]
        assert sorted(r["image"] for r in records) == ["a.png", "a.png", "b.png", "b.png"]
        assert {r["status"] for r in records} == {"ok"}
        assert {r["generator"] for r in records} == {variant["generator"]}
        assert variant["memory_mb"] > 0
    (parity,) = found["parity"]
    assert (parity["images"], parity["share_alike"]) == (2, 1.0)
    assert found["machine"]["devices"]["cpu"] == found["machine"]["cpu"]
    assert picture.exists()
    assert picture.with_suffix(".svg").exists()
    assert list(scratch.glob("automask-*")) == []


@pytest.mark.parametrize(
    ("flags", "code", "said"),
    [
        (("--images", "/nowhere"), 2, "/nowhere does not exist"),
        (("--devices", "cuda:99"), 4, "cuda:99"),
        (("--devices", "tpu"), 2, "device"),
        (("--generators", "quick"), 2, "known: stock, exact, full, fast"),
        (("--models", "vit_x"), 2, "known: tiny"),
        (("--workers", "1000"), 2, "cores this process may use"),
        (("--json", "/"), 2, "--json / is a folder"),
        (("--picture", "bench.pdf"), 2, "must end in .png or .svg"),
        (("--images", "/nowhere", "--models", "vit_b", "--random-weights"), 2, "does not exist"),
    ],
)
def test_what_is_wrong_is_told_before_anything_is_measured(
    source: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    flags: tuple[str, ...],
    code: int,
    said: str,
) -> None:
    monkeypatch.setattr("automask.bench.bench.measure", lambda *_: pytest.fail("measured"))
    monkeypatch.chdir(source.parent)
    base = ("--images", source, "--devices", "cpu")
    assert call(*base, *flags, monkeypatch=monkeypatch) == code
    message = capsys.readouterr().err
    assert said in message
    assert "Traceback" not in message


def test_a_folder_without_images_is_wrong_usage(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for flags in ((), ("--models", "vit_b", "--random-weights", "--weights", tmp_path)):
        assert call("--images", tmp_path, *flags, monkeypatch=monkeypatch) == 2
        assert "holds no image" in capsys.readouterr().err


def test_without_the_samples_the_way_to_images_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def missing(_folder: Path) -> None:
        raise ModuleNotFoundError("skimage")

    monkeypatch.setattr("automask.bench.bench.copy_samples", missing)
    assert call("--devices", "cpu", monkeypatch=monkeypatch) == 2
    assert "--images" in capsys.readouterr().err
