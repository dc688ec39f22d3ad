"""The command line: what it prints, and the exit code that scripts rely on."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from moments_fakes import fake_setup
from PIL import Image

import automask
import automask.evaluate.choice
import automask.evaluate.filters
import automask.sam.build
import automask.sam.predictor
from automask.cli import (
    COMMANDS,
    DEVELOP,
    MEASURING,
    MORNING,
    NIGHT,
    OWN_MODEL,
    load_command,
    main,
)
from automask.errors import OutputError
from automask.evaluate.choice import Row
from automask.evaluate.filters import FilterResult
from automask.labelled.folder import LabelledFolder

FEW_POINTS = "[propose.settings]\npoints_per_side = 3\n"


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """Two photographs of a disc, one in a subfolder."""
    rows, columns = np.mgrid[0:60, 0:80]
    image = np.full((60, 80, 3), 220, np.uint8)
    image[(rows - 30) ** 2 + (columns - 40) ** 2 < 18**2] = (180, 30, 30)
    (tmp_path / "in" / "sub").mkdir(parents=True)
    for name in ("a.png", "sub/b.png"):
        Image.fromarray(image).save(tmp_path / "in" / name)
    (tmp_path / "config.toml").write_text(FEW_POINTS)
    return tmp_path / "in"


@pytest.fixture
def fake_model(monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs whose workers have a fake model: what is dark is the object."""
    monkeypatch.setattr("automask.runs.dispatch.worker_setup", fake_setup)


def call(*arguments: object, monkeypatch: pytest.MonkeyPatch) -> int:
    """The exit code of `automask ARGUMENTS`, run in this process."""
    monkeypatch.setattr(sys, "argv", ["automask", *map(str, arguments)])
    with pytest.raises(SystemExit) as stopped:
        main()
    return int(stopped.value.code or 0)


@pytest.fixture
def masks(source: Path) -> Path:
    """The true masks of the two photographs."""
    rows, columns = np.mgrid[0:60, 0:80]
    disc = (rows - 30) ** 2 + (columns - 40) ** 2 < 18**2
    root = source.parent / "true"
    (root / "sub").mkdir(parents=True)
    for name in ("a.png", "sub/b.png"):
        Image.fromarray(disc.astype(np.uint8) * 255).save(root / name)
    return root


def run(source: Path, *flags: object, monkeypatch: pytest.MonkeyPatch) -> int:
    root = source.parent
    base = ("run", source, root / "out", "--config", root / "config.toml", "--device", "cpu")
    return call(*base, *flags, monkeypatch=monkeypatch)


def test_help_comes_without_torch_and_names_the_exit_codes() -> None:
    code = (
        "import sys; sys.argv = ['automask', '--help']\n"
        "from automask.cli import main\n"
        "try: main()\n"
        "except SystemExit: print('torch' in sys.modules)"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "Exit codes" in shown.stdout
    assert shown.stdout.strip().endswith("False")


def test_every_command_of_the_table_has_its_module_and_begins_its_help_as_the_table_does() -> None:
    for row in (*COMMANDS, *DEVELOP):
        command = load_command(row.name)
        assert command.name == row.name
        assert command.help.split("\n\n")[0].replace("\n", " ") == row.help


def test_help_lists_the_commands_by_panel_and_imports_none_of_them() -> None:
    code = (
        "import sys; sys.argv = ['automask', '--help']\n"
        "from automask.cli import main\n"
        "try: main()\n"
        "except SystemExit: print([m for m in sys.modules if 'automask.commands.' in m])"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    places = [
        shown.stdout.index(f"─ {panel} ─") for panel in (NIGHT, MORNING, OWN_MODEL, MEASURING)
    ]
    assert places == sorted(places)
    assert "eval-choice" not in shown.stdout
    assert shown.stdout.strip().endswith("[]")


def test_a_command_of_the_group_develop_keeps_its_old_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ("eval-choice", tmp_path, tmp_path)
    renamed = "`eval-choice` is now `develop eval-choice`"
    assert call(*arguments, monkeypatch=monkeypatch) == 2
    assert f"{renamed}; the old name still works\nautomask: no image in" in capsys.readouterr().err
    assert call("develop", *arguments, monkeypatch=monkeypatch) == 2
    assert capsys.readouterr().err.startswith("automask: no image in")


def test_a_misspelt_command_is_wrong_usage_and_the_right_one_is_suggested(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call("rnu", monkeypatch=monkeypatch) == 2
    assert "run" in capsys.readouterr().err


def test_the_module_is_the_command() -> None:
    shown = subprocess.run(
        [sys.executable, "-m", "automask", "run", "--help"], capture_output=True, check=False
    )
    assert shown.returncode == 0
    assert b"--contour-px" in shown.stdout


def test_a_run_writes_trimaps_records_and_run_json_and_exits_with_0(
    source: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(source, monkeypatch=monkeypatch) == 0
    assert "2 images: 2 masked" in capsys.readouterr().out
    output = source.parent / "out"
    for name in ("trimaps/a.png", "trimaps/sub/b.png"):
        trimap = np.asarray(Image.open(output / name))
        assert trimap.dtype == np.uint8
        assert trimap.shape == (60, 80)
        assert set(np.unique(trimap)) == {1, 2, 3}
    lines = (output / "records" / "run.jsonl").read_text().splitlines()
    assert {json.loads(line)["image"] for line in lines} == {"a.png", "sub/b.png"}
    described = json.loads((output / "run.json").read_text())
    assert described["config"]["trimap"]["contour_px"] == 1
    assert described["versions"]["torch"] == torch.__version__
    assert described["command"] == sys.argv


@pytest.mark.usefixtures("fake_model")
def test_a_second_run_masks_only_what_is_new(
    source: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    run(source, monkeypatch=monkeypatch)
    Image.open(source / "a.png").save(source / "c.png")
    capsys.readouterr()
    assert run(source, monkeypatch=monkeypatch) == 0
    assert (
        "3 images: 1 masked, 0 without object, 0 failed, 2 done before" in capsys.readouterr().out
    )


@pytest.mark.usefixtures("fake_model")
def test_other_settings_are_named_and_refused_unless_overwritten(
    source: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    run(source, monkeypatch=monkeypatch)
    assert run(source, "--contour-px", 2, monkeypatch=monkeypatch) == 2
    assert "trimap.contour_px: was 1, now 2" in capsys.readouterr().err
    assert run(source, "--contour-px", 2, "--overwrite", monkeypatch=monkeypatch) == 0
    assert "2 masked" in capsys.readouterr().out


@pytest.mark.usefixtures("fake_model")
def test_cutouts_of_two_backgrounds_do_not_share_a_folder(
    source: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    save = ("--save", "cutout")
    assert run(source, *save, monkeypatch=monkeypatch) == 0
    clear = (*save, "--background", "transparent")
    assert run(source, *clear, monkeypatch=monkeypatch) == 2
    told = capsys.readouterr().err
    assert "cutout.background: was 'white', now 'transparent'" in told
    cutout = source.parent / "out" / "cutouts" / "a.png"
    assert Image.open(cutout).mode == "RGB"
    assert run(source, *clear, "--overwrite", monkeypatch=monkeypatch) == 0
    assert Image.open(cutout).mode == "RGBA"


def test_a_background_that_is_no_colour_is_refused_before_the_run(
    source: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(source, "--background", "red", monkeypatch=monkeypatch) == 2
    assert "white, black, transparent or #rrggbb" in capsys.readouterr().err
    assert not (source.parent / "out").exists()


def test_all_objects_are_asked_for_by_a_flag(source: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert run(source, "--objects", "all", monkeypatch=monkeypatch) == 0
    output = source.parent / "out"
    ids = np.asarray(Image.open(output / "objects" / "a.png"))
    assert ids.shape == (60, 80)
    lines = (output / "records" / "run.jsonl").read_text().splitlines()
    counts = {json.loads(line)["image"]: json.loads(line)["objects"] for line in lines}
    assert counts["a.png"] == ids.max()


@pytest.mark.usefixtures("fake_model")
def test_a_kind_that_is_saved_later_is_made_later(
    source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(source, monkeypatch=monkeypatch)
    assert run(source, "--save", "trimap,mask,overlay,cutout", monkeypatch=monkeypatch) == 0
    output = source.parent / "out"
    modes = {k: Image.open(output / k / "a.png").mode for k in ("masks", "overlays", "cutouts")}
    assert modes == {"masks": "L", "overlays": "RGB", "cutouts": "RGB"}
    assert set(np.unique(np.asarray(Image.open(output / "masks/a.png")))) == {0, 255}


@pytest.mark.slow
def test_stock_and_fast_write_the_same_trimaps(
    source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = []
    for kind in ("stock", "fast"):
        assert run(source, "--generator", kind, "--overwrite", monkeypatch=monkeypatch) == 0
        written.append((source.parent / "out/trimaps/a.png").read_bytes())
    assert written[0] == written[1]


def test_a_dry_run_lists_and_writes_nothing(
    source: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(source, "--dry-run", monkeypatch=monkeypatch) == 0
    shown = capsys.readouterr().out
    assert "would mask 2 images" in shown
    assert "sub/b.png" in shown
    assert not (source.parent / "out").exists()


@pytest.mark.usefixtures("fake_model")
def test_limit_takes_the_first_images(
    source: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(source, "--limit", 1, monkeypatch=monkeypatch) == 0
    assert "1 images: 1 masked" in capsys.readouterr().out


def test_a_folder_without_images_is_wrong_usage(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "notes.txt").write_text("no image")
    assert call("run", tmp_path / "in", tmp_path / "out", monkeypatch=monkeypatch) == 2
    assert "holds no image" in capsys.readouterr().err


@pytest.mark.usefixtures("fake_model")
def test_two_images_for_one_output_are_refused_before_any_work(
    source: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    Image.open(source / "a.png").save(source / "a.jpg")
    assert run(source, monkeypatch=monkeypatch) == 2
    message = capsys.readouterr().err
    assert "'a.jpg', 'a.png'" in message
    assert "--keep-extension" in message
    assert not (source.parent / "out").exists()
    assert run(source, "--keep-extension", monkeypatch=monkeypatch) == 0
    assert (source.parent / "out/trimaps/a.jpg.png").is_file()


@pytest.mark.parametrize(
    ("flags", "code", "said"),
    [
        (("--model", "vit_x"), 2, "known: tiny"),
        (("--model", "vit_b", "--weights", "/nowhere"), 3, "automask fetch vit_b"),
        (("--device", "cuda:99"), 4, "cuda:99"),
        (("--device", "tpu"), 2, "device"),
        (("--contour-px", "-1"), 2, "--contour-px"),
        (("--trimap-values", "1,1,2"), 2, "different labels"),
        (("--save", "trimap,photo"), 2, "save"),
        (("--workers", "1000"), 2, "cores this process may use"),
        (("--config", "/nowhere.toml"), 2, "cannot read config"),
        (("--limit", "0"), 2, "limit"),
    ],
)
def test_what_is_wrong_has_its_exit_code_and_its_message(
    source: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    flags: tuple[str, ...],
    code: int,
    said: str,
) -> None:
    assert run(source, *flags, monkeypatch=monkeypatch) == code
    message = capsys.readouterr().err
    assert said in message
    assert "Traceback" not in message
    assert not (source.parent / "out").exists()


def test_a_missing_input_folder_is_wrong_usage(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call("run", tmp_path / "none", tmp_path / "out", monkeypatch=monkeypatch) == 2
    assert "does not exist" in capsys.readouterr().err


def test_models_lists_every_checkpoint_with_its_state(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call("models", monkeypatch=monkeypatch) == 0
    shown = capsys.readouterr().out
    (tiny,) = (line for line in shown.splitlines() if line.split()[:1] == ["tiny"])
    assert "verified" in tiny
    assert "sam2.1_hiera_base_plus" in shown
    assert "looked in" in shown


def test_fetch_of_an_unknown_name_is_wrong_usage(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call("fetch", "vit_x", monkeypatch=monkeypatch) == 2
    assert "known: tiny" in capsys.readouterr().err


def test_results_may_not_go_among_the_photographs_themselves(
    source: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call("run", source, source, monkeypatch=monkeypatch) == 2
    assert "same folder" in capsys.readouterr().err


@pytest.mark.usefixtures("fake_model")
def test_a_misspelt_generator_setting_costs_nothing(
    source: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    run(source, monkeypatch=monkeypatch)
    ledger = source.parent / "out" / "records" / "run.jsonl"
    before = ledger.read_bytes()
    (source.parent / "config.toml").write_text("[propose.settings]\npoint_per_side = 3\n")
    assert run(source, "--overwrite", "--dry-run", monkeypatch=monkeypatch) == 2
    assert run(source, "--overwrite", monkeypatch=monkeypatch) == 2
    assert "no setting point_per_side" in capsys.readouterr().err
    assert ledger.read_bytes() == before


@pytest.mark.usefixtures("fake_model")
def test_a_changed_photograph_leaves_no_trimap_of_the_old_one(
    source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(source, monkeypatch=monkeypatch)
    Image.open(source / "a.png").resize((40, 30)).save(source / "a.png")
    run(source, "--save", "mask", monkeypatch=monkeypatch)
    assert not (source.parent / "out/trimaps/a.png").exists()
    run(source, monkeypatch=monkeypatch)
    assert Image.open(source.parent / "out/trimaps/a.png").size == (40, 30)


@pytest.mark.usefixtures("fake_model")
def test_save_may_be_given_more_than_once(source: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run(source, "--save", "mask", "--save", "trimap", monkeypatch=monkeypatch)
    assert {p.name for p in (source.parent / "out").iterdir()} >= {"masks", "trimaps"}


def test_eval_choice_measures_each_photograph_and_writes_it_down(
    source: Path, masks: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = source.parent / "rows.csv"
    arguments = ("eval-choice", source, masks, "--made-up", "--csv", lines)
    assert call(*arguments, monkeypatch=monkeypatch) == 0
    head, images = capsys.readouterr().out.splitlines()[:2]
    assert "second look" in head
    assert images.split()[:2] == ["all", "2"]
    assert [line.split(",")[0] for line in lines.read_text().splitlines()] == [
        "image", "a.png", "sub/b.png",
    ]  # fmt: skip


def test_eval_choice_refuses_a_csv_that_cannot_be_written_before_the_work(
    source: Path, masks: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(automask.evaluate.choice, "evaluate", lambda *_: pytest.fail("worked"))
    assert call("eval-choice", source, masks, "--csv", source, monkeypatch=monkeypatch) == 2
    assert f"--csv {source} is a folder" in capsys.readouterr().err


def test_eval_choice_prints_its_table_where_the_csv_cannot_be_written_after_all(
    source: Path, masks: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def evaluate(*_: Any) -> list[Row]:
        (source.parent / "rows.csv").mkdir()  # meanwhile
        return []

    monkeypatch.setattr(automask.evaluate.choice, "evaluate", evaluate)
    arguments = ("eval-choice", source, masks, "--csv", source.parent / "rows.csv")
    assert call(*arguments, monkeypatch=monkeypatch) == OutputError.exit_code
    said = capsys.readouterr()
    assert "second look" in said.out
    assert "cannot write" in said.err


def test_eval_choice_among_parts_takes_every_so_many_th(
    source: Path, masks: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ("eval-choice", source, masks, "--made-up", "--parts", "--every", "2")
    assert call(*arguments, monkeypatch=monkeypatch) == 0
    figures = capsys.readouterr().out.splitlines()[1].split()
    assert figures[:2] == ["all", "1"]
    # argmax, largest, chosen, merged, second look, final, oracle, with wholes
    assert float(figures[9]) >= float(figures[8])


def test_eval_filters_tells_what_each_filter_left(
    source: Path, masks: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [FilterResult("stock", "asked", 12, 0.75)]
    monkeypatch.setattr(automask.evaluate.filters, "evaluate", lambda *_: rows)
    assert call("eval-filters", source, masks, "--limit", "1", monkeypatch=monkeypatch) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "1 photographs, tiny"
    assert lines[2].split() == ["stock", "asked", "12", "0.750"]


@pytest.mark.parametrize(("flags", "studio"), [((), False), (("--studio",), True)])
def test_eval_choice_goes_to_the_studio_where_it_is_told_to(
    source: Path,
    masks: Path,
    monkeypatch: pytest.MonkeyPatch,
    flags: tuple[str, ...],
    studio: bool,
) -> None:
    given: list[LabelledFolder] = []

    def evaluate(_config: Any, photographs: LabelledFolder, *_: Any) -> list[Row]:
        given.append(photographs)
        return []

    monkeypatch.setattr(automask.evaluate.choice, "evaluate", evaluate)
    assert call("eval-choice", source, masks, *flags, monkeypatch=monkeypatch) == 0
    assert [photographs.studio for photographs in given] == [studio]


class RightPrompter:
    """Answers each prompt with the disc."""

    def __init__(self, model: str) -> None:
        assert model == "the model"

    def look_at(self, image: np.ndarray) -> None:
        self.disc = image[..., 1] == 30

    def by_box(self, _box_xyxy: np.ndarray) -> np.ndarray:
        return self.disc

    def by_point(self, _x: float, _y: float) -> tuple[np.ndarray, np.ndarray]:
        return np.stack([self.disc] * 3), np.array([0.5, 0.75, 1], np.float32)


def test_eval_prompts_asks_the_model_that_is_named(
    source: Path, masks: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    loaded: list[tuple[str, ...]] = []
    monkeypatch.setattr(
        automask.sam.build, "load_model", lambda *given: loaded.append(given) or "the model"
    )
    monkeypatch.setattr(automask.sam.predictor, "Prompter", RightPrompter)
    flags = ("--model", "mine.pth", "--arch", "vit_b", "--device", "cpu", "--limit", 1)
    assert call("eval-prompts", source, masks, *flags, monkeypatch=monkeypatch) == 0
    assert loaded == [("mine.pth", "cpu", "vit_b")]
    head, images = capsys.readouterr().out.splitlines()
    assert "score's r" in head
    # All masks are right, whatever they are predicted to be: r is not a number.
    assert images.split() == ["all", "1", "1.000", "1.000", "1.000", "1.000", "nan"]


def test_eval_prompts_tells_of_a_missing_true_mask(
    source: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(automask.sam.build, "load_model", lambda *_: "the model")
    monkeypatch.setattr(automask.sam.predictor, "Prompter", RightPrompter)
    assert call("eval-prompts", source, source.parent / "none", monkeypatch=monkeypatch) == 2
    assert "a.png cannot be read" in capsys.readouterr().err


def test_the_version_is_told() -> None:
    told = subprocess.run(
        [sys.executable, "-m", "automask", "--version"], capture_output=True, text=True, check=True
    )
    assert told.stdout == f"automask {automask.__version__}\n"
