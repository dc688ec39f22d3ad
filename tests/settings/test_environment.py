"""Settings by environment variables."""

from __future__ import annotations

from pathlib import Path

import pytest

from automask.config import RunConfig, load_config
from automask.errors import ConfigError
from automask.settings.environment import read_environment, setting_paths, variable

FOLDERS = {"input": Path("in"), "output": Path("out")}


def test_a_section_and_a_name_are_joined_by_two_underscores() -> None:
    assert variable(("model",)) == "AUTOMASK_MODEL"
    assert variable(("trimap", "contour_px")) == "AUTOMASK_TRIMAP__CONTOUR_PX"
    assert ("refine", "smooth") in set(setting_paths(RunConfig))
    assert ("input",) not in set(setting_paths(RunConfig))


def test_numbers_lists_and_tables_are_read() -> None:
    environ = {
        "AUTOMASK_TRIMAP__CONTOUR_PX": "3",
        "AUTOMASK_SAVE": "trimap, mask",
        "AUTOMASK_PROPOSE__SETTINGS": '{"points_per_side": 8}',
        "PATH": "/bin",
    }
    config = load_config(None, FOLDERS, environ)
    assert config.trimap.contour_px == 3
    assert config.save == ("trimap", "mask")
    assert config.propose.settings == {"points_per_side": 8}


def test_a_flag_wins_over_the_environment_and_that_over_the_file(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text('model = "vit_b"\ndevice = "cuda"\nretries = 7\n')
    environ = {"AUTOMASK_MODEL": "vit_l", "AUTOMASK_DEVICE": "mps"}
    config = load_config(file, {**FOLDERS, "model": "vit_h"}, environ)
    assert (config.model, config.device, config.retries) == ("vit_h", "mps", 7)


def test_a_misspelt_variable_is_refused_with_the_one_that_was_meant() -> None:
    with pytest.raises(ConfigError, match=r"AUTOMASK_MODLE.* is AUTOMASK_MODEL meant"):
        read_environment({"AUTOMASK_MODLE": "tiny"}, RunConfig)


def test_a_wrong_value_names_the_setting() -> None:
    with pytest.raises(ConfigError, match=r"trimap\.contour_px"):
        load_config(None, FOLDERS, {"AUTOMASK_TRIMAP__CONTOUR_PX": "wide"})
    with pytest.raises(ConfigError, match="should be a JSON object"):
        load_config(None, FOLDERS, {"AUTOMASK_PROPOSE__SETTINGS": "points=8"})


@pytest.mark.parametrize("name", ["AUTOMASK_SHARDS", "AUTOMASK_TOKEN"])
def test_variables_of_other_purposes_are_left_alone(name: str) -> None:
    assert read_environment({name: "64"}, RunConfig) == {}
