"""processor: what is known of the machine before torch is loaded."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from automask.runs.prepare import device_of
from automask.system.processor import cpu_name, may_have_gpu

ABSENT = "libno-such-driver.so.1"


@pytest.mark.skipif(sys.platform != "linux", reason="names of libraries and devices are Linux's")
@pytest.mark.parametrize(
    ("driver", "has_rocm", "expected"),
    [(ABSENT, False, False), ("libc.so.6", False, True), (ABSENT, True, True)],
)
def test_a_driver_or_a_device_file_means_that_torch_must_be_asked(
    tmp_path: Path, driver: str, has_rocm: bool, expected: bool
) -> None:
    rocm = tmp_path / "kfd"
    if has_rocm:
        rocm.touch()
    assert may_have_gpu(driver, rocm) is expected


def test_without_a_driver_auto_is_the_processor(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("automask.runs.prepare.may_have_gpu", lambda: False)
    assert device_of("auto") == "cpu"


def test_the_processor_has_a_name() -> None:
    assert cpu_name().strip()
