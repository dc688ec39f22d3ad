"""The packages of the extra `train`, and one sentence where they are missing."""

from __future__ import annotations

from automask.errors import InstallationError


def require_training_packages() -> None:
    """Raises InstallationError where segmentation-models-pytorch or torchmetrics is missing."""
    try:
        import segmentation_models_pytorch  # noqa: F401
        import torchmetrics  # noqa: F401
    except ImportError as error:
        raise InstallationError(
            f"students are built with segmentation-models-pytorch and torchmetrics ({error}): "
            "pip install 'automask[train]'"
        ) from error


def require_onnx_packages() -> None:
    """Raises InstallationError where onnx or onnxruntime is missing."""
    try:
        import onnx  # noqa: F401
        import onnxruntime  # noqa: F401
    except ImportError as error:
        raise InstallationError(
            f"--to onnx needs onnx and onnxruntime ({error}): pip install 'automask[onnx]'"
        ) from error
