"""shard: which photographs are a task's, and how a task knows."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from automask.errors import UsageError
from automask.sharding.shard import (
    WHOLE,
    Shard,
    find_shard,
    index_of,
    parse,
    shard_from_environment,
)


def test_a_photograph_is_of_exactly_one_shard() -> None:
    names = [f"shoes/{number}.jpg" for number in range(100)]
    shards = [Shard(index, 7) for index in range(1, 8)]
    assert [sum(shard.holds(name) for shard in shards) for name in names] == [1] * 100


@pytest.mark.parametrize(
    ("name", "of_64", "of_4"),
    # `printf a | b2sum -l 64` ends in 2f: 47 + 1; `printf shoes/a` in 51: 81 - 64 + 1;
    # `printf 'caf\\351'` in 80: 128 - 128 + 1. By 4: what is left of these.
    [("a.jpg", 48, 4), ("shoes/a.jpg", 18, 2), (os.fsdecode(b"caf\xe9.jpg"), 1, 1)],
    ids=["top", "in a folder", "not UTF-8"],
)
def test_the_shard_is_the_hash_of_the_path_without_extension(
    name: str, of_64: int, of_4: int
) -> None:
    assert (index_of(name, 64), index_of(name, 4)) == (of_64, of_4)


def test_two_photographs_for_one_output_are_in_one_shard_whatever_their_extensions() -> None:
    shard = Shard(index_of("shoes/v1.2/a.jpg", 1000), 1000)
    assert all(shard.holds(f"shoes/v1.2/a{suffix}") for suffix in (".png", ".JPG", ".tiff"))


def test_the_shard_is_the_same_whatever_pythons_hash_seed() -> None:
    code = "from automask.sharding.shard import index_of; print(index_of('a.jpg', 10**6))"
    printed = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONHASHSEED": seed}, capture_output=True, text=True, check=True,
        ).stdout
        for seed in ("1", "2")
    }  # fmt: skip
    assert printed == {f"{index_of('a.jpg', 10**6)}\n"}


def test_the_whole_holds_everything() -> None:
    assert WHOLE.holds("a.jpg")
    assert WHOLE.task_name == "run"


@pytest.mark.parametrize(
    ("shard", "name"),
    [
        (Shard(3, 64), "shard-0003-of-0064"),
        (Shard(64, 64), "shard-0064-of-0064"),
        (Shard(3, 10000), "shard-00003-of-10000"),
    ],
)
def test_the_records_file_is_named_so_that_names_sort_as_numbers_do(
    shard: Shard, name: str
) -> None:
    assert shard.task_name == name


@pytest.mark.parametrize(
    ("task_name", "has_some"),
    [
        ("shard-0003-of-0064", True),  # its own
        ("shard-0004-of-0064", False),
        ("run", True),
        ("shard-0003-of-0032", True),  # hashes of rest 2 by 64 have rest 2 by 32
        ("shard-0004-of-0032", False),
        ("shard-0067-of-0128", True),  # rest 66 by 128 is rest 2 by 64
        ("shard-0068-of-0128", False),
        ("shard-0001-of-0003", True),  # 3 and 64 have no common divisor: any two rests meet
        ("shard-0001-of-0000", True),  # none of ours: look
    ],
)
def test_only_ledgers_that_can_hold_a_shards_photographs_are_its_business(
    task_name: str, has_some: bool
) -> None:
    assert Shard(3, 64).meets(task_name) is has_some


def test_meeting_is_what_the_photographs_say() -> None:
    names = [str(number) for number in range(2000)]
    for mine in (Shard(2, 6), Shard(5, 6)):
        for other in (Shard(index, 4) for index in range(1, 5)):
            shared = any(mine.holds(name) and other.holds(name) for name in names)
            assert mine.meets(other.task_name) is shared


@pytest.mark.parametrize("text", ["3/64", " 3 / 64 ", "03/64"])
def test_a_shard_is_written_as_part_of_parts(text: str) -> None:
    assert parse(text) == Shard(3, 64)


@pytest.mark.parametrize("text", ["off", "OFF", "1/1"])
def test_off_and_one_of_one_are_everything(text: str) -> None:
    assert parse(text) == WHOLE


@pytest.mark.parametrize("text", ["", "3", "3/", "a/b", "-1/4", "1.5/4", "3/64/2", "٣/٤"])
def test_anything_else_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(UsageError, match="takes I/N, such as 3/64"):
        parse(text)


@pytest.mark.parametrize("text", ["0/4", "5/4", "0/0"])
def test_a_part_that_is_not_there_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match=f"--shard {text}: I of I/N is one of 1 to N"):
        parse(text)


ARRAY_TASK = {
    "SLURM_ARRAY_TASK_ID": "3",
    "SLURM_ARRAY_TASK_COUNT": "4",
    "SLURM_ARRAY_TASK_MIN": "1",
    "SLURM_ARRAY_TASK_MAX": "4",
    "SLURM_ARRAY_TASK_STEP": "1",
}


def test_an_array_task_finds_its_shard_and_says_who_told() -> None:
    found = shard_from_environment(ARRAY_TASK)
    assert found == Shard(3, 4)
    assert found.source == "SLURM_ARRAY_TASK_ID=3"


def test_outside_of_arrays_there_is_no_shard() -> None:
    assert shard_from_environment({"HOME": "/home/a"}) is None
    assert find_shard(None, {"HOME": "/home/a"}) == WHOLE


def test_a_shard_that_was_asked_for_wins_over_the_array_task() -> None:
    assert find_shard("1/2", ARRAY_TASK) == Shard(1, 2)


@pytest.mark.parametrize("text", ["off", "1/1"])
def test_an_array_task_can_be_told_to_mask_everything(text: str) -> None:
    assert find_shard(text, ARRAY_TASK) == WHOLE


def shares(names: list[str], count: int) -> list[int]:
    shares = [0] * count
    for name in names:
        shares[index_of(name, count) - 1] += 1
    return shares


def test_711_photographs_over_8_tasks_are_even_within_a_seventh() -> None:
    # The mean is 88.9; a fair draw deviates by 8.8.
    parts = shares([f"IMG_{number:04}.jpg" for number in range(711)], 8)
    assert (min(parts), max(parts)) == (77, 100)


def test_711_000_photographs_over_64_tasks_are_even_within_three_percent() -> None:
    # The mean is 11,109; a fair draw deviates by 105. benchmarks/shards.py has the bytes.
    names = [f"product_{number // 10:05}/view_{number % 10}.jpg" for number in range(711_000)]
    parts = shares(names, 64)
    assert (min(parts), max(parts)) == (10_925, 11_336)
