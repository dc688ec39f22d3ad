"""`automask doctor`, as a person and a program see it."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from automask.cli import main
from automask.doctor import checkup
from automask.doctor.finding import OK, Finding
from automask.doctor.masking import Masked

CHECKS = [
    "python", "torch", "opencv", "extras", "processor", "cores", "gpu", "input", "space", "locks",
    "rename", "names", "times", "weights", "masking", "memory",
]  # fmt: skip


@pytest.fixture
def call(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    """A function: exit code and what `automask doctor ARGUMENTS` prints."""

    def call(*arguments: object) -> tuple[int, str]:
        monkeypatch.setattr(sys, "argv", ["automask", "doctor", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            main()
        return int(ended.value.code or 0), capsys.readouterr().out

    return call


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """No image is masked, and one would take 100 MiB."""
    masked = Masked(Finding("masking", OK, "said to be well"), worker_mb=100.0)
    monkeypatch.setattr(checkup, "check_masking", lambda _trial, _config: masked)


@pytest.mark.usefixtures("quick")
def test_programs_get_every_finding_and_the_exit_code(call, tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(b"as large as a photograph")
    code, told = call("--json", "--device", "cpu", "--input", tmp_path, "--output", tmp_path / "o")
    values = json.loads(told)
    assert [finding["check"] for finding in values["findings"]] == CHECKS
    assert (code, values["exit_code"]) == (0, 0)
    assert list(tmp_path.iterdir()) == [tmp_path / "a.jpg"], "nothing is left behind"


@pytest.mark.usefixtures("quick")
def test_missing_weights_are_a_fault_with_the_remedy(call, tmp_path: Path) -> None:
    code, told = call("--model", "vit_h", "--output", tmp_path)
    assert code == 1
    assert "fault    weights           vit_h (sam_vit_h_4b8939.pth) was not found" in told
    assert "download it with: automask fetch vit_h" in told
    assert "masking" not in told


@pytest.mark.usefixtures("quick")
def test_an_input_without_photographs_is_a_fault_and_the_rest_goes_on(call, tmp_path: Path) -> None:
    code, told = call("--input", tmp_path / "gone")
    assert code == 1
    assert "fault    input" in told
    assert "ok       memory" in told


@pytest.mark.slow
def test_a_real_image_is_masked_end_to_end(call, tmp_path: Path) -> None:
    code, told = call("--device", "cpu", "--output", tmp_path)
    assert code == 0
    assert "ok       masking           a drawn disc on 12 megapixels" in told
    assert list(tmp_path.iterdir()) == []
