"""`automask export` as a person calls it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from export_runs import RING, Run

from automask.cli import main
from automask.errors import InstallationError, UsageError
from automask.export.export import Options, export
from automask.export.target import SUMMARY


def call(monkeypatch: pytest.MonkeyPatch, *arguments: object) -> int:
    monkeypatch.setattr(sys, "argv", ["automask", *map(str, arguments)])
    with pytest.raises(SystemExit) as stop:
        main()
    return int(stop.value.code or 0)


def test_it_says_what_was_exported_and_what_the_polygons_lose(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "yolo"
    code = call(
        monkeypatch, "export", run.output, "--to", "yolo-seg", "--out", out, "--class-from",
        "folder", "--split", "0.7/0.3", "--tolerance", "0", "--link-images",
    )  # fmt: skip
    said = capsys.readouterr().out.splitlines()
    assert code == 0
    assert said[0] == (
        "yolo-seg: 3 photographs, 2 objects, 1 photographs without any; classes: bags, shoes"
    )
    assert said[1].startswith("split, seed 0: 2 train, 1 val; no near duplicates")
    # The pieces' way of 4 pixels: 10 of 14. The ring is exact.
    assert "IoU with the masks 0.8571 on average, 0.7143 at worst (bags/a.jpg)" in said[2]
    assert said[3:] == [
        "1 photographs are not in it:",
        "  left out shoes/torn.jpg: masking failed: damaged",
        f"written: {out}",
    ]


def test_the_summary_stands_in_the_export(run: Run, tmp_path: Path) -> None:
    export(Options(run.output, "cvat", tmp_path / "x", tolerance=0.0))
    summary = json.loads((tmp_path / "x" / SUMMARY).read_text())
    assert summary["polygons"]["worst_iou"] == 1
    assert summary["skipped"] == [{"image": "shoes/torn.jpg", "reason": "masking failed: damaged"}]
    assert (summary["photographs"], summary["objects"], summary["without_object"]) == (3, 2, 1)
    assert summary["files"] == ["annotations.xml"]
    assert summary["complete"] is True


def test_names_reach_the_terminal_spelt(
    empty_run: Run,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    empty_run.add("a.jpg", RING)
    empty_run.add("\x1b[2J[red]\u202e.jpg", RING)
    (empty_run.output / "masks" / "\x1b[2J[red]\u202e.png").unlink()
    assert (
        call(monkeypatch, "export", empty_run.output, "--to", "csv", "--out", tmp_path / "x") == 0
    )
    said = capsys.readouterr().out
    assert "\\x1b[2J[red]\\u202e.jpg" in said
    assert not {"\x1b", "\u202e"} & set(said)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--to", "voc", "--segmentation", "rle"], "--to voc has no --segmentation rle"),
        (["--to", "csv", "--copy-images"], "--to csv takes no photographs along"),
        (["--to", "voc", "--copy-images", "--link-images"], "not both"),
        (["--to", "coco", "--split", "2/3"], "add up to 1"),
    ],
)
def test_what_cannot_be_is_refused_before_anything_is_written(
    run: Run,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    message: str,
) -> None:
    code = call(monkeypatch, "export", run.output, "--out", tmp_path / "x", *arguments)
    assert code == 2
    assert message in capsys.readouterr().err
    assert not (tmp_path / "x").exists()


def test_photographs_go_only_into_a_folder(run: Run, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="only into a folder"):
        export(Options(run.output, "coco", tmp_path / "c.json", photographs="copy"))


@pytest.mark.parametrize(
    ("package", "options"),
    [("pycocotools", {"to": "coco"}), ("imagehash", {"to": "csv", "shares": "0.5/0.5"})],
)
def test_a_missing_package_is_named_with_the_remedy(
    run: Run,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    package: str,
    options: dict[str, str],
) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(InstallationError, match=r"pip install 'automask\[export\]'"):
        export(Options(run.output, out=tmp_path / "x", **options))  # type: ignore[arg-type]


def test_help_loads_nothing_heavy() -> None:
    code = "import sys, automask.cli; print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    heavy = {"torch", "numpy", "cv2", "pycocotools", "imagehash", "automask.export.export"}
    assert not heavy & set(loaded.stdout.split())


def test_an_export_loads_no_torch(run: Run, tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from automask.export.export import Options, export; "
        f"export(Options(Path({str(run.output)!r}), 'csv', Path({str(tmp_path / 't.csv')!r}))); "
        "print('torch' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
