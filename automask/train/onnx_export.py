"""A student as ONNX: checked against torch on photographs, its 8-bit version with what it costs."""

from __future__ import annotations

import time
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from automask.errors import MeasurementError, UsageError
from automask.image.load import load
from automask.image.metrics import mask_iou
from automask.image.scan import scan
from automask.image.sizes import resized, shrink
from automask.labelled.folder import load_mask
from automask.records import Mask
from automask.system.files import replacing, write_bytes
from automask.train import onnx_example
from automask.train.batches import DEVIATION, MEAN
from automask.train.files import StudentNotes
from automask.train.probability import of_object, padded
from automask.train.settings import STRIDE
from automask.train.student import load_student

OPSET = 17
TOLERANCE = 1e-3  # of a probability: a third of a level of 8 bits
MOST_CHECKED = 16  # photographs
EXAMPLE = "example.py"


@dataclass(frozen=True)
class Version:
    """One file of the export, measured on the same photographs as the others."""

    name: str
    file: Path | None  # None: torch itself
    megabytes: float
    seconds: float  # of a photograph, median, one thread
    furthest: float  # from torch's probabilities, over all pixels
    alike: float  # IoU of its masks with torch's, mean
    iou: float | None  # with the true masks; None: there are none


@dataclass(frozen=True)
class Exported:
    """What was exported."""

    versions: tuple[Version, ...]
    photographs: int
    example: Path


class Edge(nn.Module):
    """The network from pixels of 0..255 (B x 3 x H x W) to probabilities (B x H x W)."""

    def __init__(self, net: nn.Module) -> None:
        super().__init__()
        self.net = net

    def forward(self, image: Tensor) -> Tensor:
        """Sides must be multiples of 32."""
        return of_object(self.net((image / 255 - MEAN) / DEVIATION))


def export_onnx(
    student: Path, out: Path, images: Path, truth: Path | None = None, int8: bool = False
) -> Exported:
    """Writes `out`, with int8 also an 8-bit version, and an example beside it.

    images: a folder of photographs to check, calibrate and time with, truth: of their masks.
    Raises UsageError for a student that cannot be exported or a folder without photographs,
    MeasurementError where the file does not compute what torch does; nothing is left then.
    """
    net, notes = load_student(student)
    if notes.net.arch == "maskrcnn":
        raise UsageError("--to onnx is for students of masks; a Mask R-CNN stays with torch")
    edge = Edge(net.to(memory_format=torch.contiguous_format)).eval()
    names, inputs = _inputs(images, notes)
    truths = None if truth is None else [_truth(truth, name) for name in names]
    with replacing(out) as partial:
        _write_onnx(edge, notes, partial)
        versions = [_torch_version(edge, inputs, truths, student)]
        versions.append(_onnx_version("onnx", partial, out, edge, inputs, truths))
        if versions[-1].furthest > TOLERANCE:
            raise MeasurementError(
                f"the exported file is up to {versions[-1].furthest:.4f} from torch, more than "
                f"{TOLERANCE}; it was not kept"
            )
    if int8:
        small = out.with_name(f"{out.stem}-int8.onnx")
        with replacing(small) as partial:
            _quantise(out, partial, [pixels for pixels, _ in inputs])
            versions.append(_onnx_version("int8", partial, small, edge, inputs, truths))
    example = out.with_name(EXAMPLE)
    write_bytes(example, Path(onnx_example.__file__).read_bytes())
    return Exported(tuple(versions), len(inputs), example)


Input = tuple[NDArray[np.float32], tuple[int, int]]  # 1 x 3 x H x W padded, and h, w within it


def _inputs(folder: Path, notes: StudentNotes) -> tuple[list[str], list[Input]]:
    """Stems of the first photographs, and these as the network is shown them."""
    if not folder.is_dir():
        raise UsageError(f"--images {folder} is no folder")
    jobs = scan(folder)[:MOST_CHECKED]
    if not jobs:
        raise UsageError(f"--images {folder} holds no image to check the export with")
    inputs = []
    for job in jobs:
        image = shrink(load(folder / job.image), notes.view.size)
        if notes.view.tile:
            image = image[: notes.view.tile, : notes.view.tile]
        inputs.append((padded(image).numpy().astype(np.float32), image.shape[:2]))
    return [job.stem for job in jobs], inputs


def _truth(folder: Path, stem: str) -> Mask:
    return load_mask(folder / f"{stem}.png")


def _write_onnx(edge: nn.Module, notes: StudentNotes, file: Path) -> None:
    """By torch's exporter of traces: the newer one needs a package more, onnxscript."""
    import onnx

    free = {0: "batch", 2: "height", 3: "width"}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the exporter's own future
        torch.onnx.export(
            edge,
            (torch.zeros(1, 3, 2 * STRIDE, 3 * STRIDE),),
            str(file),
            input_names=["image"],
            output_names=["probability"],
            dynamic_axes={"image": free, "probability": {0: "batch", 1: "height", 2: "width"}},
            opset_version=OPSET,
            dynamo=False,
        )
    model = onnx.load(str(file))
    told = {"size": str(notes.view.size), "tile": str(notes.view.tile)}
    onnx.helper.set_model_props(model, {**told, "student": notes.model_dump_json()})
    onnx.checker.check_model(model)
    onnx.save(model, str(file))


def _quantise(source: Path, target: Path, calibrated_on: Sequence[NDArray[np.float32]]) -> None:
    """Weights and activations in 8 bits, ranges of the activations read off the photographs."""
    from onnxruntime.quantization import CalibrationDataReader, QuantType, quantize_static

    class Photographs(CalibrationDataReader):
        def __init__(self) -> None:
            self.rest: Iterator[dict[str, Any]] = iter({"image": p} for p in calibrated_on)

        def get_next(self) -> dict[str, Any] | None:
            return next(self.rest, None)

    quantize_static(
        str(source), str(target), Photographs(), per_channel=True, weight_type=QuantType.QInt8
    )


def _torch_version(
    edge: nn.Module, inputs: Sequence[Input], truths: Sequence[Mask] | None, student: Path
) -> Version:
    likely, seconds = _timed(lambda pixels: _of_torch(edge, pixels), inputs)
    return Version(
        name="torch",
        file=None,
        megabytes=student.stat().st_size / 1e6,
        seconds=seconds,
        furthest=0.0,
        alike=1.0,
        iou=_iou(likely, truths),
    )


def _onnx_version(
    name: str,
    file: Path,
    shown: Path,
    edge: nn.Module,
    inputs: Sequence[Input],
    truths: Sequence[Mask] | None,
) -> Version:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(str(file), options, providers=["CPUExecutionProvider"])
    likely, seconds = _timed(lambda pixels: session.run(None, {"image": pixels})[0], inputs)
    theirs, _ = _timed(lambda pixels: _of_torch(edge, pixels), inputs)
    pairs = list(zip(likely, theirs, strict=True))
    return Version(
        name=name,
        file=shown,
        megabytes=file.stat().st_size / 1e6,
        seconds=seconds,
        furthest=max(float(np.abs(a - b).max()) for a, b in pairs),
        alike=float(np.mean([mask_iou(a >= 0.5, b >= 0.5) for a, b in pairs])),
        iou=_iou(likely, truths),
    )


def _of_torch(edge: nn.Module, pixels: NDArray[np.float32]) -> NDArray[np.float32]:
    with torch.inference_mode():
        return np.asarray(edge(torch.from_numpy(pixels)).numpy())


def _timed(run: Any, inputs: Sequence[Input]) -> tuple[list[NDArray[np.float32]], float]:
    """Probabilities (h x w) of each photograph, and the median of the seconds."""
    run(inputs[0][0])  # the first one also makes room
    maps, seconds = [], []
    for pixels, (height, width) in inputs:
        began = time.perf_counter()
        likely = run(pixels)
        seconds.append(time.perf_counter() - began)
        maps.append(likely[0, :height, :width])
    return maps, float(np.median(seconds))


def _iou(likely: Sequence[NDArray[np.float32]], truths: Sequence[Mask] | None) -> float | None:
    """Mean IoU with the truth, at the size that the network is shown."""
    if truths is None:
        return None
    pairs = zip(likely, truths, strict=True)
    return float(np.mean([mask_iou(a >= 0.5, resized(t, a.shape)) for a, t in pairs]))
