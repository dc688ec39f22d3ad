"""`automask config`, as a person, a program and an editor see it."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from automask.cli import main


@pytest.fixture
def call(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    """A function: what `automask config ARGUMENTS` prints."""

    def call(*arguments: object) -> str:
        monkeypatch.setattr(sys, "argv", ["automask", "config", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            main()
        assert not ended.value.code
        return capsys.readouterr().out

    return call


def test_each_value_has_its_source(call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "c.toml"
    file.write_text("retries = 7\n[propose.settings]\npoints_per_side = 8\n")
    monkeypatch.setenv("AUTOMASK_DEVICE", "cpu")
    told = call("show", "--json", "--changed", "--config", file, "--", "--contour-px", "4")
    assert [(s["name"], s["value"], s["source"]) for s in json.loads(told)] == [
        ("device", "cpu", "environment"),
        ("retries", 7, "file"),
        ("propose.settings", {"points_per_side": 8}, "file"),
        ("trimap.contour_px", 4, "flag"),
    ]


def test_all_settings_are_listed_with_their_meaning(call) -> None:
    told = call("show", "--json")
    settings = {s["name"]: s for s in json.loads(told)}
    assert settings["refine.smooth"]["variable"] == "AUTOMASK_REFINE__SMOOTH"
    assert settings["timeout"]["help"].startswith("Seconds of computing that an image may take")
    assert {s["source"] for s in settings.values()} == {"default"}
    assert "trimap.contour_px" in call("show")


def test_the_schema_accepts_what_the_settings_accept(call) -> None:
    schema = json.loads(call("schema"))
    assert schema["additionalProperties"] is False
    assert "required" not in schema
    assert schema["$defs"]["TrimapConfig"]["properties"]["contour_px"] == {
        "default": 1,
        "description": "width in steps to a 4-neighbour",
        "maximum": 250,
        "minimum": 0,
        "title": "Contour Px",
        "type": "integer",
    }
