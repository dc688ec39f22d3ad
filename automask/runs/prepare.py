"""What a run would do, with what, on what: every check before anything is written."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from automask.config import RunConfig, settings_digest
from automask.errors import UsageError, reraise_oserror
from automask.image.left_out import Rules, told_left_out
from automask.image.scan import Listing, scan_part
from automask.image.scorer import scorer, scorer_sha256
from automask.output.decisions import read_decisions
from automask.output.ledger import Known
from automask.output.plan import Plan, make_plan, refuse_other_photographs, refuse_other_settings
from automask.output.task import read_earlier
from automask.pool.crew import Crew, plan_crew
from automask.prompts.matching import Prompted, with_prompts
from automask.records import Job
from automask.sam.stage import locate_staged
from automask.sam.weights import Weights
from automask.sharding.shard import WHOLE, Shard, find_shard
from automask.system.cores import available_cores
from automask.system.processor import may_have_gpu


@dataclass(frozen=True)
class Prepared:
    """A run that has passed every check and may start."""

    config: RunConfig
    weights: Weights
    settings: dict[str, Any]
    jobs: list[Job]
    crew: Crew
    device: str
    shard: Shard
    elsewhere: int  # images of other tasks
    not_staged: str | None = None  # why the weights are not read from the node's own disk
    unused_prompts: tuple[str, ...] = ()  # lines of --prompts that fit none of the images
    left_out: Mapping[str, int] = field(default_factory=dict)  # what is not masked, by kind
    unseen: tuple[str, ...] = ()  # folders of the input that cannot be read


def prepare(config: RunConfig) -> Prepared:
    """Scans, verifies the weights and finds the device; writes nothing.

    Raises the error, with its exit code, of the first thing that is wrong.
    """
    with reraise_oserror(UsageError, f"cannot look at {config.output}"):
        refuse_wrong_output(config)
    shard = find_shard(config.shard, os.environ)
    listing = _scan(config, shard)
    prompted = _with_prompts(listing, config, shard)
    return replace(
        equip(config),
        jobs=prompted.jobs[: config.limit],
        shard=shard,
        elsewhere=listing.elsewhere,
        unused_prompts=prompted.unused if shard.is_whole else (),
        left_out=listing.left_out,
        unseen=listing.unseen,
    )


def equip(config: RunConfig) -> Prepared:
    """The weights, verified, and the device and workers, for photographs that are still to come."""
    staged = locate_staged(config.model, config.arch, config.weights, config.stage_weights)
    weights = staged.weights
    if config.propose.settings:
        _check_generator(weights, config.propose.settings)
    if config.prompts is not None and weights.checkpoint.is_student:
        raise UsageError("--prompts are for SAM models; a student takes no prompts")
    if "probability" in config.save and not weights.checkpoint.is_student:
        raise UsageError(f"--save probability is for students; {config.model} knows none")
    settings = _mask_settings(config, weights.sha256)
    device, crew = (_here if config.scheduler is None else _on_cluster)(config, weights)
    return Prepared(config, weights, settings, [], crew, device, WHOLE, 0, staged.fault)


def _with_prompts(listing: Listing, config: RunConfig, shard: Shard) -> Prompted:
    """Raises UsageError for a line that cannot be used, or where none fits any image at all."""
    if config.prompts is None:
        return Prompted(listing.jobs)
    prompted = with_prompts(listing.jobs, config.prompts, config.iterations)
    if shard.is_whole and not prompted.count:
        raise UsageError(
            f"--prompts {config.prompts}: no line fits any of the {len(prompted.jobs)} images, "
            f"which are named by their path below {config.input}: {prompted.jobs[0].image!a}"
        )
    return prompted


def refuse_wrong_output(config: RunConfig) -> None:
    if config.input.resolve() == config.output.resolve():
        raise UsageError(f"input and output are the same folder, {config.output}; give another")
    if config.output.exists() and not config.output.is_dir():
        raise UsageError(f"cannot write into {config.output}: it is not a folder")


def _here(config: RunConfig, weights: Weights) -> tuple[str, Crew]:
    device = device_of(config.device)
    crew = plan_crew(
        config.workers, config.threads, available_cores(), weights.checkpoint.threads,
        on_gpu=device != "cpu",
    )  # fmt: skip
    return device, crew


def _on_cluster(config: RunConfig, _weights: Weights) -> tuple[str, Crew]:
    """Devices and cores are the cluster's affair: each of its workers looks at its own."""
    from automask.pool.dask.cluster import refuse_unreachable

    assert config.scheduler is not None
    refuse_unreachable(config.scheduler)
    return config.device, Crew(0, config.threads or 0)


def _scan(config: RunConfig, shard: Shard) -> Listing:
    """The task's images; none is a fault only where the input holds none for any task."""
    listing = list_images(config, shard)
    if not listing.jobs and not listing.elsewhere:
        left_out = f"; left out: {told_left_out(listing.left_out)}" if listing.left_out else ""
        unseen = "".join(f"; cannot be read: {folder}" for folder in listing.unseen)
        raise UsageError(f"{config.input} holds no image{left_out}{unseen}")
    return listing


def list_images(config: RunConfig, shard: Shard) -> Listing:
    """What the input holds now. Raises UsageError, CollisionError."""
    rules = Rules(config.input, config.scan.exclude, config.scan.include)
    return scan_part(config.input, config.output, config.keep_extension, shard.holds, rules)


def plan_of(prepared: Prepared) -> Plan:
    """What a run would do now. Raises SettingsChangedError, CollisionError."""
    config = prepared.config
    earlier = read_earlier(config.output, prepared.shard)
    if not config.overwrite and any(known.is_done for known in earlier.values()):
        refuse_other_settings(config.output, prepared.settings)
    return plan_against(prepared, earlier)


def plan_against(prepared: Prepared, earlier: dict[str, Known]) -> Plan:
    """What a run would do, where this is what earlier runs recorded. Raises CollisionError."""
    refuse_other_photographs(prepared.jobs, earlier, prepared.config)
    digest = settings_digest(prepared.settings)
    decisions = read_decisions(prepared.config.output)
    return make_plan(prepared.jobs, earlier, digest, prepared.config, decisions)


def _check_generator(weights: Weights, settings: dict[str, Any]) -> None:
    """Raises ConfigError for settings that a worker's generator would refuse, before any work."""
    from automask.proposer import check_proposer_settings

    check_proposer_settings(weights, settings)


def _mask_settings(config: RunConfig, model_sha256: str) -> dict[str, Any]:
    """Raise ConfigError for an invalid weights file of the choice, before any work."""
    choose = config.choose
    scorer(choose.fitted, tuple(sorted(choose.weights.items())))
    return config.mask_settings(model_sha256, scorer_sha256(choose.fitted))


def device_of(asked: str) -> str:
    """What auto, cpu, mps, cuda or cuda:N comes to here; raises DeviceError where it is not."""
    if asked == "cpu" or (asked == "auto" and not may_have_gpu()):
        return "cpu"
    from automask.sam.device import resolve_device

    return str(resolve_device(asked))
