"""A worker that dies, hangs or wants too much costs the image in its hands, and no other."""

from __future__ import annotations

from pathlib import Path

import pytest
from harness import assert_complete, by_image, leftovers, run, trimaps

pytestmark = pytest.mark.slow

IMAGE = "photo_03.png"  # the fourth of twenty


def assert_only_that_one_failed(output: Path, undisturbed: Path, error: str) -> None:
    """And that a rerun without the fault makes up for it."""
    records = by_image(output)
    assert [image for image, r in records.items() if r["status"] == "failed"] == [IMAGE]
    assert error in records[IMAGE]["error"]
    others = {name: mask for name, mask in trimaps(undisturbed).items() if name != IMAGE}
    assert trimaps(output) == others
    assert leftovers(output) == []


def assert_a_rerun_completes_it(photographs: Path, output: Path, undisturbed: Path) -> None:
    again = run(photographs, output)
    assert again.returncode == 0, again.stderr
    assert "19 done before" in again.stdout
    assert_complete(output, undisturbed)


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ("crash", "killed by SIGSEGV"),
        ("exit", "exit code 7"),
        ("killed", "killed by SIGKILL"),
        ("torn", "killed by SIGKILL"),
    ],
)
def test_an_image_that_ends_its_worker_each_time(
    photographs: Path, undisturbed: Path, tmp_path: Path, fault: str, error: str
) -> None:
    output = tmp_path / "out"
    result = run(photographs, output, "--retries", "1", fault=f"{fault}:{IMAGE}")
    assert result.returncode == 1
    assert IMAGE in result.stdout
    assert_only_that_one_failed(output, undisturbed, error)
    assert by_image(output)[IMAGE]["attempts"] == 2
    assert_a_rerun_completes_it(photographs, output, undisturbed)


def test_a_crash_tells_where_it_was(photographs: Path, tmp_path: Path) -> None:
    run(photographs, tmp_path / "out", "--retries", "0", fault=f"crash:{IMAGE}")
    assert "string_at" in by_image(tmp_path / "out")[IMAGE]["error"]


@pytest.mark.parametrize("fault", ["crash", "killed", "torn"])
def test_an_image_whose_worker_died_once_is_masked_all_the_same(
    photographs: Path, undisturbed: Path, tmp_path: Path, fault: str
) -> None:
    output = tmp_path / "out"
    result = run(photographs, output, fault=f"{fault}:{IMAGE}:once")
    assert result.returncode == 0, result.stderr
    assert_complete(output, undisturbed)
    assert by_image(output)[IMAGE]["attempts"] == 2


def test_a_hung_image_is_ended(photographs: Path, undisturbed: Path, tmp_path: Path) -> None:
    output = tmp_path / "out"
    result = run(photographs, output, "--timeout", "5", fault=f"hang:{IMAGE}")
    assert result.returncode == 1
    assert_only_that_one_failed(output, undisturbed, "it took longer than 5 s")
    assert_a_rerun_completes_it(photographs, output, undisturbed)


def test_memory_that_the_system_refuses_leads_down_the_ladder(
    photographs: Path, undisturbed: Path, tmp_path: Path
) -> None:
    output = tmp_path / "out"
    limited = ("prlimit", f"--as={2**35}")
    result = run(
        photographs, output, "--workers", "1", prefix=limited, fault=f"hungry:{IMAGE}:small"
    )
    assert result.returncode == 0, result.stderr
    assert "memory ran short: went on with point blocks of 1/2" in result.stdout
    records = by_image(output)
    assert records[IMAGE]["steps"] == ["point blocks of 1/2"]
    assert records["photo_00.png"]["steps"] == []
    assert records["photo_19.png"]["steps"] == ["point blocks of 1/2"]
    assert set(trimaps(output)) == set(trimaps(undisturbed))


def test_an_image_that_no_step_helps_fails_with_all_that_was_tried(
    photographs: Path, undisturbed: Path, tmp_path: Path
) -> None:
    output = tmp_path / "out"
    limited = ("prlimit", f"--as={2**35}")
    result = run(photographs, output, "--workers", "1", prefix=limited, fault=f"hungry:{IMAGE}")
    assert result.returncode == 1
    tried = "out of memory, even with point blocks of 1/2, point blocks of 1/4"
    assert_only_that_one_failed(output, undisturbed, tried)
    assert by_image(output)["photo_19.png"]["steps"] == []
