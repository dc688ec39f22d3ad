"""What is said where the extra is missing."""

from __future__ import annotations

import sys

import pytest

from automask.errors import InstallationError
from automask.train.extra import require_onnx_packages, require_training_packages


@pytest.mark.parametrize("package", ["segmentation_models_pytorch", "torchmetrics"])
def test_a_training_names_its_extra(package: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, package, None)  # as if it were not installed
    with pytest.raises(InstallationError, match=r"pip install 'automask\[train\]'"):
        require_training_packages()


@pytest.mark.parametrize("package", ["onnx", "onnxruntime"])
def test_an_export_names_its_extra(package: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(InstallationError, match=r"pip install 'automask\[onnx\]'"):
        require_onnx_packages()
