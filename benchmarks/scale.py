"""A million photographs: planned, parted, counted, merged and gone on with; seconds and memory.

    .venv/bin/python benchmarks/scale.py [--images 1000000]

The photographs are empty files and the records made up, so that only automask's own work is timed:
scanning, reading ledgers, planning, one shard's part, `status`, `merge`, and handing images to two
workers whose generator is a fake. It writes 2 GB into the temporary folder.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from automask.config import RunConfig
from automask.image.process import WorkerContext
from automask.image.scan import scan_part
from automask.image.write import encode_png
from automask.output.plan import make_plan
from automask.output.task import TaskNote, read_earlier, write_note
from automask.pool.crew import Crew
from automask.pool.ladder import make_ladder
from automask.pool.patience import Patience
from automask.pool.supervisor import Supervisor
from automask.pool.worker import peak_memory_mb
from automask.pool.workers import Owner, WorkerSetup
from automask.records import ImageRecord, Job, Proposal, ProposalSet, Scene, to_line
from automask.sam.weights import locate
from automask.sharding.shard import WHOLE, index_of, parse
from automask.status.merge import merge_output
from automask.status.status import read_status
from automask.system.signals import Stop

PER_FOLDER = 1000
SHARDS = 64
SETTINGS = "0123456789abcdef"
HANDED = 5000  # images given to workers


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--images", type=int, default=1_000_000)
    parser.add_argument("--step", choices=STEPS)
    parser.add_argument("--root", type=Path)
    asked = parser.parse_args()
    if asked.step:
        print(json.dumps(_measured(asked.step, asked.root)))
        return
    with tempfile.TemporaryDirectory(prefix="automask-scale-") as name:
        root = Path(name)
        _make(root, asked.images)
        print(f"{asked.images:,} images, {PER_FOLDER:,} a folder, half of them done")
        for step in STEPS:
            told = _in_its_own_process(step, root)
            spent = f"{told['seconds']:8.1f} s {told['memory_mb']:7.0f} MiB"
            print(f"{step:24}{spent}  {told['result']}", flush=True)


def _in_its_own_process(step: str, root: Path) -> dict[str, Any]:
    """So that the most memory is that of the step alone."""
    command = [sys.executable, __file__, "--step", step, "--root", str(root)]
    said = subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout
    told: dict[str, Any] = json.loads(said)
    return told


def _measured(step: str, root: Path) -> dict[str, Any]:
    began = time.perf_counter()
    result = STEPS[step](root)
    seconds = time.perf_counter() - began
    return {"seconds": seconds, "memory_mb": peak_memory_mb(), "result": result}


def _make(root: Path, images: int) -> None:
    """Photographs, outputs (the same files), and ledgers of the first half of each shard."""
    for number in range(images // PER_FOLDER):
        folder = root / "in" / f"{number:04}"
        folder.mkdir(parents=True)
        for name in range(PER_FOLDER):
            (folder / f"{name:03}.png").touch()
    (root / "out" / "records").mkdir(parents=True)
    (root / "out" / "trimaps").symlink_to(root / "in")
    parts: dict[int, list[Job]] = {}
    for job in scan_part(root / "in").jobs:
        parts.setdefault(index_of(job.image, SHARDS), []).append(job)
    for number, jobs in parts.items():
        task = parse(f"{number}/{SHARDS}").task_name
        with (root / "out" / "records" / f"{task}.jsonl").open("w") as ledger:
            ledger.writelines(to_line(_record(job)) for job in jobs[: len(jobs) // 2])
        note = TaskNote(
            task=task, group=f"of-{SHARDS}", images=len(jobs), everywhere=images,
            todo=len(jobs), generation=1, started=time.time() - 3600, host="node",
        )  # fmt: skip
        write_note(root / "out", note)


def _record(job: Job) -> ImageRecord:
    times = dict.fromkeys(
        ("load", "encode", "decode", "choose", "refine", "write", "total"), 0.123456
    )
    return ImageRecord(
        image=job.image, output=f"trimaps/{job.stem}.png", kinds=("trimap",), status="ok",
        error=None, width=640, height=480, model="tiny", model_sha256="ab" * 32, device="cpu",
        dtype="bfloat16", generator="fast", worker="node:12345", attempts=1, score=0.9876,
        confidence=0.8765, area_fraction=0.345678, flags=("touches_border",),
        **{f"seconds_{name}": value for name, value in times.items()},
        started_at="2026-01-01T00:00:00.000+00:00", memory_mb=933.1,
        input_bytes=job.input_bytes, input_mtime_ns=job.input_mtime_ns, settings=SETTINGS,
        generation=1,
    )  # fmt: skip


def scan_all(root: Path) -> str:
    return f"{len(scan_part(root / 'in').jobs):,} jobs"


def plan_all(root: Path) -> str:
    config = RunConfig(input=root / "in", output=root / "out")
    earlier = read_earlier(root / "out", WHOLE)
    plan = make_plan(scan_part(root / "in").jobs, earlier, SETTINGS, config)
    return f"{len(plan.done):,} done, {len(plan.todo):,} to do"


def plan_shard(root: Path) -> str:
    config = RunConfig(input=root / "in", output=root / "out")
    shard = parse(f"3/{SHARDS}")
    earlier = read_earlier(root / "out", shard)
    listing = scan_part(root / "in", holds=shard.holds)
    plan = make_plan(listing.jobs, earlier, SETTINGS, config)
    return f"{len(plan.done):,} done, {len(plan.todo):,} to do, {listing.elsewhere:,} elsewhere"


def status(root: Path) -> str:
    seen = read_status(root / "out")
    return f"{seen.counts['ok']:,} ok, {seen.left:,} left"


def hand_out(root: Path) -> str:
    """The supervisor and all of an image's way but the model: 5,000 pictures of 32 x 32 px."""
    from scale import fake_bench  # by the name that a worker finds it under

    for number in range(HANDED):
        file = root / "small" / f"{number:04}.png"
        file.parent.mkdir(exist_ok=True)
        file.write_bytes(encode_png(np.full((32, 32, 3), 99, np.uint8)))
    (root / "log").mkdir()
    config = RunConfig(input=root / "small", output=root / "handed")
    setup = WorkerSetup(
        config, locate("tiny"), Path("unused"), "cpu", 1, {}, fake_bench, imports="json"
    )
    ladder = make_ladder("cpu", Crew(2, 1), 2)
    crew = Supervisor(setup, ladder, Patience(2, 60.0), root / "log", Stop())
    jobs = scan_part(root / "small").jobs
    began = time.perf_counter()
    ok = sum(outcome.record.status == "ok" for outcome in crew.outcomes(jobs))
    each = 1000 * (time.perf_counter() - began) / len(jobs)
    return f"{ok:,} images through two workers, {each:.1f} ms each"


def merge(root: Path) -> str:
    seen = merge_output(root / "out")
    return f"{seen.counts['ok']:,} records in one ledger"


STEPS = {
    "scan": scan_all,
    "plan, all": plan_all,
    f"plan, one shard of {SHARDS}": plan_shard,
    "status": status,
    "supervise": hand_out,
    "merge": merge,
}


class _NoProposer:
    max_side = 0
    mask_side = 10_000
    look_again_below = 0.0

    def propose(self, image_rgb: np.ndarray) -> ProposalSet:
        mask = np.zeros(image_rgb.shape[:2], np.bool_)
        mask[8:24, 8:24] = True
        return ProposalSet([Proposal(mask, 0.9, 0.9)], Scene(), {"encode": 0.0, "decode": 0.0})


def fake_bench(setup: WorkerSetup, owner: Owner | None) -> WorkerContext:
    labels = dict.fromkeys(
        ("model", "model_sha256", "device", "dtype", "generator", "settings"), "fake"
    )
    return WorkerContext(setup.config, _NoProposer(), {**setup.labels, **labels}, owner)


if __name__ == "__main__":
    main()
