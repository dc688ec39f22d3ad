"""A student at the edge: the same probabilities without torch."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from training_sets import write_discs

from automask.errors import UsageError
from automask.train.files import StudentNotes
from automask.train.nets import build_net, load_imagenet
from automask.train.settings import DEFAULT_ENCODER, NetConfig, ViewConfig
from automask.train.student import write_student

pytest.importorskip("onnxruntime")

from automask.train.onnx_export import export_onnx


@pytest.fixture
def student(tmp_path: Path) -> Path:
    """A U-Net that knows ImageNet and has learned no mask."""
    torch.manual_seed(0)
    net = build_net(NetConfig())
    load_imagenet(net, DEFAULT_ENCODER)
    file = tmp_path / "student.safetensors"
    write_student(file, net, StudentNotes(net=NetConfig(), view=ViewConfig(size=64)))
    return file


@pytest.mark.slow
def test_the_file_computes_what_torch_does_and_the_example_runs_it(
    student: Path, tmp_path: Path
) -> None:
    discs = write_discs(tmp_path / "discs", 4)
    out = tmp_path / "edge" / "s.onnx"
    exported = export_onnx(student, out, discs / "images", discs / "masks", int8=True)
    torch_, onnx, int8 = exported.versions
    assert onnx.furthest < 1e-3
    assert onnx.alike == pytest.approx(1.0, abs=1e-3)
    assert onnx.iou == pytest.approx(torch_.iou, abs=1e-3)
    assert int8.megabytes < onnx.megabytes / 3
    assert int8.iou is not None

    photograph, mask = discs / "images/00.png", tmp_path / "mask.png"
    line = [sys.executable, str(exported.example), str(out), str(photograph), str(mask)]
    subprocess.run(line, check=True, cwd=tmp_path)
    with Image.open(mask) as image:
        assert image.size == (64, 48)
        assert set(np.unique(np.asarray(image))) <= {0, 255}


def test_photographs_to_check_with_are_needed(student: Path, tmp_path: Path) -> None:
    (tmp_path / "none").mkdir()
    with pytest.raises(UsageError, match="holds no image to check the export with"):
        export_onnx(student, tmp_path / "s.onnx", tmp_path / "none")
    assert not (tmp_path / "s.onnx").exists()


def test_a_mask_rcnn_stays_with_torch(tmp_path: Path) -> None:
    config = NetConfig(arch="maskrcnn", labels="objects", encoder="tu-mobilenetv3_small_050")
    file = tmp_path / "student.safetensors"
    write_student(file, build_net(config), StudentNotes(net=config, view=ViewConfig(size=64)))
    with pytest.raises(UsageError, match="a Mask R-CNN stays with torch"):
        export_onnx(file, tmp_path / "s.onnx", tmp_path)


def test_the_example_is_short_and_needs_neither_torch_nor_automask() -> None:
    from automask.train import onnx_example

    source = Path(onnx_example.__file__).read_text()
    assert len(source.splitlines()) <= 45
    assert "import torch" not in source
    assert "from automask" not in source
