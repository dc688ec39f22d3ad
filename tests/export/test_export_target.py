"""Where an export is written, and what it leaves alone."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from export_runs import RING, Run

from automask.errors import OutputError, UsageError
from automask.export.export import Options, export
from automask.export.target import STAGE, SUMMARY, open_target


def files(folder: Path) -> list[str]:
    return sorted(str(file.relative_to(folder)) for file in folder.rglob("*") if file.is_file())


def written(folder: Path, *names: str) -> None:
    target = open_target(folder, None, False, None)
    for name in names:
        target.write(name, name.encode())
    target.commit({})


def test_nothing_is_there_before_the_commit(tmp_path: Path) -> None:
    target = open_target(tmp_path / "x", None, False, None)
    target.write("sub/a.txt", b"a")
    assert files(tmp_path / "x") == [f"{STAGE}/sub/a.txt"]
    target.commit({})
    assert files(tmp_path / "x") == [SUMMARY, "sub/a.txt"]


def test_a_folder_of_others_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x").mkdir()
    (tmp_path / "x" / "thesis.txt").write_text("mine")
    with pytest.raises(UsageError, match="is not empty, and its content is not an export"):
        open_target(tmp_path / "x", None, False, None)


def test_overwrite_takes_nothing_away_that_is_not_ours(tmp_path: Path) -> None:
    (tmp_path / "x").mkdir()
    (tmp_path / "x" / "thesis.txt").write_text("mine")
    target = open_target(tmp_path / "x", None, True, None)
    target.write("a.txt", b"a")
    target.commit({})
    assert files(tmp_path / "x") == ["a.txt", SUMMARY, "thesis.txt"]


def test_an_export_replaces_the_one_before(tmp_path: Path) -> None:
    written(tmp_path / "x", "train/a.txt", "train/b.txt")
    (tmp_path / "x" / "train" / "notes.txt").write_text("mine")
    written(tmp_path / "x", "val/a.txt", "train/b.txt")
    assert files(tmp_path / "x") == [SUMMARY, "train/b.txt", "train/notes.txt", "val/a.txt"]


def test_folders_that_become_empty_go_too(tmp_path: Path) -> None:
    written(tmp_path / "x", "test/deep/a.txt")
    written(tmp_path / "x", "train/a.txt")
    assert sorted(entry.name for entry in (tmp_path / "x").iterdir()) == [SUMMARY, "train"]


def test_a_list_that_leads_outside_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "precious.txt").write_text("mine")
    (tmp_path / "x").mkdir()
    listed = ["../precious.txt", str(tmp_path / "precious.txt")]
    (tmp_path / "x" / SUMMARY).write_text(json.dumps({"files": listed}))
    written(tmp_path / "x", "a.txt")
    assert (tmp_path / "precious.txt").read_text() == "mine"


def test_a_commit_that_was_cut_short_is_known_to_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = open_target(tmp_path / "x", None, False, None)
    target.write("a.txt", b"a")
    target.write("b.txt", b"b")

    move = os.replace

    def full_at_b(source: Path, place: Path) -> None:
        if source.name == "b.txt":
            raise OSError(28, "No space left on device")
        move(source, place)

    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", full_at_b)
        with pytest.raises(OutputError, match="No space left on device"):
            target.commit({})
    assert (tmp_path / "x" / "a.txt").is_file()
    assert json.loads((tmp_path / "x" / SUMMARY).read_text())["complete"] is False
    written(tmp_path / "x", "c.txt")
    assert files(tmp_path / "x") == [SUMMARY, "c.txt"]


def test_a_file_that_exists_is_refused_without_overwrite(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("mine")
    with pytest.raises(UsageError, match=r"t\.csv exists"):
        open_target(tmp_path / "t.csv", ".csv", False, None)
    assert open_target(tmp_path / "t.csv", ".csv", True, None).single == "t.csv"


def test_among_the_photographs_is_no_place(run: Run) -> None:
    with pytest.raises(UsageError, match="lies among the photographs"):
        export(Options(run.output, "csv", run.photographs / "t.csv"))


def test_an_export_that_fails_leaves_the_one_before(run: Run, tmp_path: Path) -> None:
    export(Options(run.output, "coco", tmp_path / "x"))
    before = files(tmp_path / "x")
    with pytest.raises(UsageError, match="nothing to export"):
        export(Options(run.output, "coco", tmp_path / "x", min_confidence=0.99))
    assert files(tmp_path / "x") == before


def test_the_same_export_gives_the_same_bytes(run: Run, tmp_path: Path) -> None:
    for name in ("x", "y"):
        export(Options(run.output, "voc", tmp_path / name))
    assert files(tmp_path / "x") == files(tmp_path / "y")
    for file in files(tmp_path / "x"):
        assert (tmp_path / "x" / file).read_bytes() == (tmp_path / "y" / file).read_bytes()


def test_a_photograph_that_is_left_out_leaves_no_file(empty_run: Run, tmp_path: Path) -> None:
    empty_run.add("a.jpg", RING)
    empty_run.add("b.jpg", RING)
    (empty_run.photographs / "b.jpg").write_bytes(b"torn")
    result = export(Options(empty_run.output, "fiftyone", tmp_path / "x"))
    assert [one["image"] for one in result.summary["skipped"]] == ["b.jpg"]
    assert [file for file in files(tmp_path / "x") if "data/" in file] == ["data/a.jpg"]


def test_the_files_of_another_format_are_not_taken_away(run: Run, tmp_path: Path) -> None:
    out = tmp_path / "x"
    export(Options(run.output, "coco", out))
    before = files(out)
    with pytest.raises(UsageError) as caught:
        export(Options(run.output, "voc", out))
    assert "holds an export to coco, whose files one to voc would take away" in str(caught.value)
    assert files(out) == before
    export(Options(run.output, "coco", out))  # the same again is no question
    export(Options(run.output, "voc", out, overwrite=True))
    assert "annotations/instances.json" not in files(out)
