"""presets: settings by one name, below the file and the flags."""

from __future__ import annotations

from pathlib import Path

import pytest

from automask.config import load_config
from automask.errors import ConfigError

FOLDERS = {"input": Path("in"), "output": Path("out")}


def test_small_objects_are_all_objects_asked_for_in_crops() -> None:
    config = load_config(None, {**FOLDERS, "preset": "small-objects"})
    assert config.objects.wanted == "all"
    assert config.propose.max_side == 1200
    assert config.propose.settings == {"points_per_side": 16, "crop_n_layers": 2}


def test_a_flag_and_the_file_count_before_the_preset(tmp_path: Path) -> None:
    file = tmp_path / "a.toml"
    file.write_text("[propose]\nmax_side = 800\n")
    asked = {**FOLDERS, "preset": "small-objects", "objects": {"wanted": 5}}
    config = load_config(file, asked)
    assert (config.objects.wanted, config.propose.max_side) == (5, 800)


def test_an_unknown_preset_is_refused_with_the_nearest() -> None:
    with pytest.raises(ConfigError) as caught:
        load_config(None, {**FOLDERS, "preset": "small-object"})
    assert str(caught.value) == "--preset: 'small-object' is unknown (did you mean small-objects?)"
