"""What a machine with a GPU but without a network needs, in parts that travel.

    python benchmarks/gpu_pack.py pairs IMAGES MASKS PACK [--side 256] [--most-mb 35]
    python benchmarks/gpu_pack.py wheels FOLDER     # of this Python; built where there is none

`pairs` writes PACK-0, PACK-1, ... with images/ and masks/, no longer than `--side` px, none larger
than `--most-mb`: copied one after the other into one folder they are the training set again.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

import cv2

# Beside torch and what comes with it; sam2 is built here, for it is a source distribution.
WHEELS = (
    "segment-anything==1.0", "iopath", "portalocker", "hydra-core", "omegaconf",
    "antlr4-python3-runtime==4.9.3", "pooch", "platformdirs", "pi-heif", "pydantic",
    "pydantic-core", "annotated-types", "typing-inspection", "typer", "pathspec", "filelock",
    "joblib", "safetensors", "psutil", "rich", "tqdm",
)  # fmt: skip
QUALITY = 80  # of the re-encoded photographs


def pack_pairs(images: Path, masks: Path, pack: Path, side: int, most_bytes: int) -> list[Path]:
    """Re-encodes pairs into as many folders as their size asks for; returns the folders."""
    packs: list[Path] = []
    left = 0
    for file in sorted(p for p in images.iterdir() if p.is_file()):
        photograph = _fitted(file, side, cv2.IMREAD_COLOR, cv2.INTER_AREA)
        mask = _fitted(masks / f"{file.stem}.png", side, cv2.IMREAD_GRAYSCALE, cv2.INTER_NEAREST)
        encoded = (
            cv2.imencode(".webp", photograph, [cv2.IMWRITE_WEBP_QUALITY, QUALITY])[1].tobytes(),
            cv2.imencode(".png", mask, [cv2.IMWRITE_PNG_BILEVEL, 1])[1].tobytes(),
        )
        size = sum(map(len, encoded))
        if not packs or size > left:
            packs.append(pack.with_name(f"{pack.name}-{len(packs)}"))
            left = most_bytes
        left -= size
        for kind, name, data in zip(
            ("images", "masks"), (f"{file.stem}.webp", f"{file.stem}.png"), encoded, strict=True
        ):
            (packs[-1] / kind).mkdir(parents=True, exist_ok=True)
            (packs[-1] / kind / name).write_bytes(data)
    return packs


def _fitted(file: Path, side: int, flag: int, interpolation: int) -> cv2.typing.MatLike:
    pixels = cv2.imread(str(file), flag)
    if pixels is None:
        raise SystemExit(f"{file} cannot be decoded: every photograph needs its mask, <stem>.png")
    scale = side / max(pixels.shape[:2])
    if scale >= 1:
        return pixels
    height, width = (max(1, round(length * scale)) for length in pixels.shape[:2])
    return cv2.resize(pixels, (width, height), interpolation=interpolation)


def pack_wheels(folder: Path) -> None:
    """Wheels of what torch does not bring, into a folder."""
    for name in WHEELS:
        subprocess.run(
            [sys.executable, "-m", "pip", "wheel", "--no-deps", "-w", str(folder), name], check=True
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    commands = parser.add_subparsers(dest="command", required=True)
    pairs = commands.add_parser("pairs")
    for name in ("images", "masks", "pack"):
        pairs.add_argument(name, type=Path)
    pairs.add_argument("--side", type=int, default=256)
    pairs.add_argument("--most-mb", type=float, default=35.0)
    commands.add_parser("wheels").add_argument("folder", type=Path)
    options = parser.parse_args()
    if options.command == "wheels":
        pack_wheels(options.folder)
        return
    most = int(options.most_mb * 2**20)
    for pack in pack_pairs(options.images, options.masks, options.pack, options.side, most):
        size = sum(p.stat().st_size for p in pack.rglob("*") if p.is_file())
        print(f"{pack}: {size / 2**20:.1f} MiB")


if __name__ == "__main__":
    main()
