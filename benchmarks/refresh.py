"""Makes every figure and picture anew that depends on the bundled weights.

    .venv/bin/python benchmarks/refresh.py --list
    .venv/bin/python benchmarks/refresh.py --data DATA [--only pictures] [--out FIGURES]

Run it after new weights. DATA has eval/images, eval/masks (photographs with true masks),
cats/images, cats/objects (maps of objects, none that were trained on), alpha/images, alpha/alpha
(mattes). Pictures are written where the pages show them. What a measurement prints is kept in
FIGURES/<name>.txt, and the step's pages are those that quote it: hold them against it. The steps
run one after another; one that fails is named at the end, and the others are done all the same.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
AUTOMASK = (sys.executable, "-m", "automask")
CHOICE = (*AUTOMASK, "develop", "eval-choice", "{data}/eval/images", "{data}/eval/masks")


def script(name: str, *arguments: str) -> tuple[str, ...]:
    return (sys.executable, f"benchmarks/{name}.py", *arguments)


@dataclass(frozen=True)
class Step:
    """A command, and the pages that show what it makes."""

    name: str
    kind: str  # pictures or measures
    command: tuple[str, ...]
    pages: tuple[str, ...]


STEPS = (
    Step("curve", "pictures", script("curve"), ("weights/README.md",)),
    Step("example", "pictures", script("example"), ("README.md",)),
    Step("thin", "pictures", script("thin"), ("docs/choice.md",)),
    Step("compare", "pictures", script("compare_sample"), ("docs/compare.md",)),
    Step("report", "pictures", script("report_shots"), ("docs/report.md",)),
    Step(
        "choice",
        "measures",
        (*CHOICE, "--csv", "{out}/choice.csv"),
        ("weights/README.md", "docs/quality.md", "docs/choice.md", "README.md"),
    ),
    Step("confidence", "pictures", script("confidence", "{out}/choice.csv"), ("docs/choice.md",)),
    Step(
        "studio",
        "measures",
        (*CHOICE, "--studio"),
        ("weights/README.md", "docs/quality.md", "docs/choice.md"),
    ),
    Step("made-up", "measures", (*CHOICE, "--made-up", "--every", "2"), ("docs/choice.md",)),
    Step(
        "parts",
        "measures",
        (*CHOICE, "--made-up", "--parts", "--every", "2"),
        ("docs/choice.md", "docs/quality.md"),
    ),
    Step(
        "prompts",
        "measures",
        (*AUTOMASK, "develop", "eval-prompts", "{data}/eval/images", "{data}/eval/masks"),
        ("weights/README.md",),
    ),
    Step(
        "objects-run",
        "measures",
        (*AUTOMASK, "run", "{data}/cats/images", "{out}/cats", "--objects", "all", "--overwrite"),
        (),
    ),
    Step(
        "objects",
        "measures",
        (*AUTOMASK, "eval", "{out}/cats", "{data}/cats/objects", "--objects"),
        ("weights/README.md", "docs/objects.md"),
    ),
    Step(
        "outlines",
        "measures",
        script("outlines", "{data}/eval/images", "{data}/eval/masks", "--every", "16"),
        ("docs/outlines.md",),
    ),
    Step(
        "points",
        "measures",
        script("points", "{data}/eval/images", "{data}/eval/masks", "--every", "5"),
        ("docs/choice.md", "docs/benchmarks.md"),
    ),
    Step(
        "mattes",
        "measures",
        script("mattes", "{data}/alpha/images", "{data}/alpha/alpha"),
        ("docs/mattes.md",),
    ),
    Step(
        "speed",
        "measures",
        (*AUTOMASK, "bench", "--images", "{data}/eval/images"),
        ("docs/benchmarks.md", "docs/quality.md", "README.md"),
    ),
)


def main() -> int:
    asked = _parser().parse_args()
    steps = [step for step in STEPS if asked.only in (None, step.kind, step.name)]
    if asked.list:
        for step in steps:
            print(f"{step.name:12} {' '.join(step.command[1:])}")
            print(f"{'':12} -> {', '.join(step.pages)}")
        return 0
    asked.out.mkdir(parents=True, exist_ok=True)
    places = {"data": str(asked.data.resolve()), "out": str(asked.out.resolve())}
    failed = [step.name for step in steps if not run(step, places, asked.out)]
    if failed:
        print(f"failed: {', '.join(failed)}; see {asked.out}/<name>.txt")
    return 1 if failed else 0


def run(step: Step, places: dict[str, str], out: Path) -> bool:
    """Whether the step's command succeeded; what it printed is in OUT/<name>.txt."""
    command = [word.format(**places) for word in step.command]
    print(f"{step.name}: {' '.join(command[1:])}", flush=True)
    with (out / f"{step.name}.txt").open("w") as log:
        done = subprocess.run(command, cwd=ROOT, stdout=log, stderr=subprocess.STDOUT, check=False)
    if step.pages:
        print(f"  hold against it: {', '.join(step.pages)}", flush=True)
    return done.returncode == 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--list", action="store_true", help="say what would be done")
    parser.add_argument("--data", type=Path, default=Path("data"), help="see the script's head")
    parser.add_argument("--out", type=Path, default=Path("figures"), help="what is printed")
    parser.add_argument("--only", help="pictures, measures, or the name of a step")
    return parser


if __name__ == "__main__":
    sys.exit(main())
