"""What a quarter of an hour on a GPU is spent on, the most valuable first.

    python benchmarks/gpu_day.py OUT                                    # smoke, throughput
    python benchmarks/gpu_day.py OUT --stages training --pack PACK --start WEIGHTS
    python benchmarks/gpu_day.py OUT --device cpu --tiny                # a rehearsal without a GPU

Each stage is a process of its own with a limit of time, and what it found is written into OUT as it
goes: a stage that is done there is not done again, one that was cut off leaves what it had. The
table at the end is made from OUT. `benchmarks/gpu_pack.py` makes what a machine without a network
needs.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SIDE = 1500  # px, longest side of the made-up photographs
MODELS = ("tiny", "vit_b", "vit_h", "sam2.1_hiera_large")
SMOKE_MODELS = ("tiny", "vit_b")
BATCH = 192  # below, a GPU waits for its kernels: 200 ms a step of 64 views, 57 of them its own
TIMED_STEPS = 30
SHARE_OF_DECAY = 0.3  # of the training's time


@dataclass(frozen=True)
class Stage:
    """One thing to find out."""

    name: str
    seconds: float  # after which it is ended
    work: Callable[[argparse.Namespace, Path], dict[str, Any]]


def photographs(folder: Path, count: int, side: int) -> Path:
    """Discs on graded backdrops, always the same; made once."""
    import cv2
    import numpy as np

    folder.mkdir(parents=True, exist_ok=True)
    rows, columns = np.mgrid[0 : side * 3 // 4, 0:side]
    for number in range(count):
        rng = np.random.default_rng(number)
        image = np.stack([150 + rows * 60 // side + channel * 9 for channel in range(3)], axis=2)
        centre, radius = rng.uniform(0.3, 0.5, 2) * side, rng.uniform(0.1, 0.2) * side
        image[np.hypot(rows - centre[0], columns - centre[1]) < radius] = rng.integers(0, 120, 3)
        cv2.imwrite(str(folder / f"{number:02}.jpg"), image.astype(np.uint8))
    return folder


def smoke(options: argparse.Namespace, out: Path) -> dict[str, Any]:
    """The device's masks against the processor's: IoU, and the largest difference of logits."""
    images = photographs(out / "photographs", 2 if options.tiny else 8, options.side)
    models = ("tiny",) if options.tiny else SMOKE_MODELS
    return {
        f"{model} {precision}": _against_the_cpu(model, precision, options.device, images)
        for model in models
        for precision in ("float32", "bfloat16")
    }


def _against_the_cpu(model: str, precision: str, device: str, images: Path) -> dict[str, float]:
    import numpy as np

    from automask.image.metrics import mask_iou

    ours, theirs = (_answers(model, where, "float32", images) for where in ("cpu", device))
    if precision == "bfloat16":
        theirs = _answers(model, device, precision, images)
    ious = [mask_iou(a > 0, b > 0) for a, b in zip(ours, theirs, strict=True)]
    largest = max(float(np.abs(a - b).max()) for a, b in zip(ours, theirs, strict=True))
    return {"mean IoU": float(np.mean(ious)), "least IoU": min(ious), "logits": largest}


def _answers(model: str, device: str, precision: str, images: Path) -> list[Any]:
    """Logits, H x W, that answer a point in the middle of each photograph."""
    import numpy as np
    import torch

    from automask.image.load import load
    from automask.sam.build import load_model
    from automask.sam.predictor import predictor_of

    predictor = predictor_of(_random(model) if model != "tiny" else load_model(model))
    predictor.model.to(device)
    answers = []
    for file in sorted(images.iterdir()):
        image = load(file)
        height, width = image.shape[:2]
        centre = np.array([[width / 2, height / 2]])
        middle = predictor.transform.apply_coords(centre, (height, width))
        point = torch.as_tensor(middle, dtype=torch.float32, device=device)[None]
        label = torch.ones(1, 1, device=device)
        reduced = torch.autocast(device.partition(":")[0], torch.bfloat16, precision == "bfloat16")
        with torch.inference_mode(), reduced:
            predictor.set_image(image)
            logits, _, _ = predictor.predict_torch(
                point, label, multimask_output=False, return_logits=True
            )
        answers.append(logits[0, 0].float().cpu().numpy())
    return answers


def _random(model: str) -> Any:
    import torch
    from segment_anything import sam_model_registry

    torch.manual_seed(0)
    return sam_model_registry[model]().eval()


def throughput(options: argparse.Namespace, out: Path) -> dict[str, Any]:
    """Images an hour by `automask bench`, a model at a time: one that fails costs itself alone."""
    images = photographs(out / "photographs", 2 if options.tiny else 8, options.side)
    found = {}
    for model in ("tiny",) if options.tiny else MODELS:
        file = out / f"bench-{model}.json"
        arguments = [
            "--models", model, "--devices", options.device, "--images", images,
            "--rounds", "1" if options.tiny else "2", "--random-weights", f"--json={file}",
            *(["--generators", "fast"] if options.tiny else []),
        ]  # fmt: skip
        ended = _automask("bench", *arguments, log=out / f"bench-{model}.log")
        if ended != 0:
            found[model] = f"exit code {ended}, see bench-{model}.log"
            continue
        measured = _read(file)["variants"]
        found.update({variant["name"]: variant["images_per_hour"] for variant in measured})
    return found


def training(options: argparse.Namespace, out: Path) -> dict[str, Any]:
    """At most `--minutes` of training of the bundled model, the rate of steps measured first."""
    run_dir = out / "training"
    began = time.monotonic()
    frames = (64,) if options.tiny else (256, 320)
    timed = 2 if options.tiny else TIMED_STEPS
    common = [
        options.pack / "images", options.pack / "masks", "--run-dir", run_dir,
        "--start", options.start, "--device", options.device,
        "--batch-size", "2" if options.tiny else str(BATCH), "--warmup-steps", "10",
        *(word for side in frames for word in ("--frames", side, "--frames-in-decay", side)),
    ]  # fmt: skip
    log = out / "training.log"
    ended = _module(
        "automask.tiny_training", *common, "--steps", timed, "--decay-steps", 1, log=log
    )
    if ended != 0:
        return {"exit code": ended}
    each = (time.monotonic() - began) / timed  # start-up included: it is spent again
    left = options.minutes * 60 - (time.monotonic() - began)
    steps = timed + max(1, int(0.8 * left / each))
    decay = max(1, int(SHARE_OF_DECAY * (steps - timed)))
    ended = _module(
        "automask.tiny_training", *common, "--steps", steps, "--decay-steps", decay, log=log
    )
    return {"exit code": ended, "steps": steps, "seconds a step, at first": each}


def _automask(*arguments: object, log: Path) -> int:
    return _module("automask", *arguments, log=log)


def _module(module: str, *arguments: object, log: Path) -> int:
    with log.open("ab") as words:
        command = [sys.executable, "-m", module, *map(str, arguments)]
        return subprocess.run(command, stdout=words, stderr=words, check=False).returncode


STAGES = {
    stage.name: stage
    for stage in (
        Stage("smoke", 120, smoke),
        Stage("throughput", 420, throughput),
        Stage("training", 280, training),
    )
}


def run_stage(name: str, options: argparse.Namespace) -> None:
    """A stage in a process of its own, which is ended at its limit."""
    found = options.out / f"{name}.json"
    if found.exists():
        return
    command = [sys.executable, __file__, *sys.argv[1:], "--only", name]
    try:
        subprocess.run(command, check=True, timeout=STAGES[name].seconds)
    except subprocess.TimeoutExpired:
        print(f"{name}: ended after {STAGES[name].seconds:g} s", flush=True)
    except subprocess.CalledProcessError as error:  # its traceback is above; the next may do
        print(f"{name}: failed with exit code {error.returncode}", flush=True)


def table(out: Path) -> str:
    """A line for each figure that was found."""
    lines = []
    for name in STAGES:
        file = out / f"{name}.json"
        if not file.exists():
            continue
        lines += [f"{name}: {key}: {value!s:.300}" for key, value in _read(file).items()]
    return "\n".join(lines)


def _read(file: Path) -> dict[str, Any]:
    values: dict[str, Any] = json.loads(file.read_text())
    return values


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("out", type=Path, help="folder for what is found")
    parser.add_argument("--stages", default="smoke,throughput", help="of " + ", ".join(STAGES))
    parser.add_argument("--device", default="cuda:0")
    parser.add_argument("--tiny", action="store_true", help="as small as can be, to rehearse")
    parser.add_argument("--side", type=int, default=SIDE, help="of the photographs, px")
    parser.add_argument("--pack", type=Path, help="images/ and masks/ to train on")
    parser.add_argument("--start", type=Path, help="weights to train on from")
    parser.add_argument("--minutes", type=float, default=4.0, help="of training")
    parser.add_argument("--only", choices=STAGES, help=argparse.SUPPRESS)
    return parser.parse_args()


def main() -> None:
    options = parse()
    options.out.mkdir(parents=True, exist_ok=True)
    if options.only is not None:
        found = STAGES[options.only].work(options, options.out)
        (options.out / f"{options.only}.json").write_text(json.dumps(found, indent=1))
        return
    for name in options.stages.split(","):
        run_stage(name, options)
    text = table(options.out)
    (options.out / "table.txt").write_text(text + "\n")
    print(text)


if __name__ == "__main__":
    main()
