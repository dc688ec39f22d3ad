"""config: settings from defaults, then a TOML file, then flags; a wrong one is named."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from automask.config import RunConfig, load_config, settings_digest
from automask.errors import ConfigError

FOLDERS: dict[str, Any] = {"input": Path("in"), "output": Path("out")}
SHA = "ab" * 32
SCORER = "12" * 32


def configured(tmp_path: Path, toml: str, **flags: Any) -> RunConfig:
    file = tmp_path / "automask.toml"
    file.write_text(toml, encoding="utf-8")
    return load_config(file, {**FOLDERS, **flags})


def complaint(**flags: Any) -> str:
    with pytest.raises(ConfigError) as caught:
        load_config(None, {**FOLDERS, **flags})
    return str(caught.value)


# Where a setting comes from.


def test_without_file_and_flags_the_defaults_hold() -> None:
    config = load_config(None, FOLDERS)
    assert config == RunConfig(**FOLDERS)
    assert (config.trimap.contour_px, config.trimap.values) == (1, (1, 2, 3))


def test_the_file_goes_before_the_defaults(tmp_path: Path) -> None:
    config = configured(tmp_path, "keep_extension = true\n[trimap]\ncontour_px = 3\n")
    assert (config.keep_extension, config.trimap.contour_px) == (True, 3)


def test_a_flag_goes_before_the_file(tmp_path: Path) -> None:
    config = configured(tmp_path, "[trimap]\ncontour_px = 3\n", trimap={"contour_px": 5})
    assert config.trimap.contour_px == 5


def test_a_flag_leaves_the_rest_of_its_section_to_the_file(tmp_path: Path) -> None:
    toml = "[trimap]\ncontour_px = 3\nvalues = [255, 0, 128]\n"
    config = configured(tmp_path, toml, trimap={"contour_px": 5, "values": None})
    assert (config.trimap.contour_px, config.trimap.values) == (5, (255, 0, 128))


def test_a_flag_that_was_not_given_leaves_the_file_alone(tmp_path: Path) -> None:
    toml = 'model = "vit_h"\n[trimap]\ncontour_px = 3\n'
    config = configured(tmp_path, toml, model=None, trimap={"contour_px": None})
    assert (config.model, config.trimap.contour_px) == ("vit_h", 3)


FIELDS: dict[str, Any] = {"overwrite": {"overwrite"}, "trimap": {"trimap": {"contour_px"}}}


@pytest.mark.parametrize(
    ("toml", "flag"),
    [
        ("overwrite = true\n", {"overwrite": False}),
        ("[trimap]\ncontour_px = 5\n", {"trimap": {"contour_px": 0}}),
    ],
)
def test_a_flag_of_false_or_0_was_given(tmp_path: Path, toml: str, flag: dict[str, Any]) -> None:
    assert configured(tmp_path, toml, **flag).model_dump(include=FIELDS[next(iter(flag))]) == flag


def test_sections_within_sections_are_read(tmp_path: Path) -> None:
    config = configured(tmp_path, "[choose]\nmin_score = 0.4\n[choose.weights]\nborder = 2\n")
    assert (config.choose.min_score, config.choose.weights) == (0.4, {"border": 2.0})
    assert config.choose.min_area == RunConfig(**FOLDERS).choose.min_area


def test_settings_of_the_generator_pass_through_by_their_own_names(tmp_path: Path) -> None:
    config = configured(tmp_path, "[propose.settings]\npoints_per_side = 16\n")
    assert config.propose.settings == {"points_per_side": 16}


def test_the_folders_may_stand_in_the_file(tmp_path: Path) -> None:
    file = tmp_path / "automask.toml"
    file.write_text('input = "photos"\noutput = "masks"\n')
    config = load_config(file, {"input": None, "output": None})
    assert (config.input, config.output) == (Path("photos"), Path("masks"))


def test_a_config_cannot_be_changed_later() -> None:
    config = RunConfig(**FOLDERS)
    with pytest.raises(ValidationError, match="frozen"):
        config.model = "vit_h"


# What is wrong is named, with what was given and what would be right.


def test_an_unknown_setting_is_named_with_the_one_that_was_meant() -> None:
    assert "\n  unknown setting worker; did you mean workers?" in complaint(worker=3)
    assert complaint(colour=3).endswith("\n  unknown setting colour")


def test_an_unknown_section_is_named_as_a_settings_file_has_it(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        configured(tmp_path, "[chose]\nmin_area = 0.1\n")
    assert str(caught.value).endswith("\n  unknown setting [chose]; did you mean [choose]?")


def test_an_unknown_setting_in_a_section_is_named_with_its_section(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        configured(tmp_path, "[choose]\nmin_aera = 1\n")
    assert "unknown setting choose.min_aera; did you mean choose.min_area?" in str(caught.value)


def test_a_setting_that_a_flag_gave_is_named_by_the_flag() -> None:
    assert "\n  --save: 'trimaps' is unknown (did you mean trimap?)" in complaint(save=["trimaps"])
    assert "\n  --objects: 'many' is unknown (known: primary, all, or a number)" in complaint(
        objects={"wanted": "many"}
    )


def test_no_insides_of_the_validator_are_told() -> None:
    told = complaint(
        save=["foo"], objects={"wanted": "three"}, colour=1, trimap={"values": [1, 1, 3]}
    )
    for inside in ("Input should be", "literal[", "Extra inputs", "Value error", "save.0"):
        assert inside not in told


# From Python.


def test_one_kind_of_result_may_be_given_as_text() -> None:
    assert RunConfig(**FOLDERS, save="mask").save == ("mask",)
    assert RunConfig(**FOLDERS, save="mask, overlay").save == ("mask", "overlay")


@pytest.mark.parametrize("wanted", ["all", 5])
def test_how_many_objects_may_be_given_alone(wanted: str | int) -> None:
    assert RunConfig(**FOLDERS, objects=wanted).objects.wanted == wanted
    assert load_config(None, {**FOLDERS, "objects": wanted}).objects.wanted == wanted


def test_a_config_that_is_wrong_is_refused_in_plain_words() -> None:
    with pytest.raises(ConfigError) as caught:
        RunConfig(**FOLDERS, save="foo")
    assert str(caught.value).startswith("wrong settings:\n  save: 'foo' is unknown (known: trimap,")


def test_a_complaint_about_a_file_names_the_file(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"automask\.toml"):
        configured(tmp_path, "contour = 3\n")


def test_all_faults_are_told_at_once() -> None:
    told = complaint(colour=3, workers=0, trimap={"contour_px": -1})
    assert all(name in told for name in ("setting colour", "--workers:", "--contour-px:"))


@pytest.mark.parametrize(
    ("flags", "told"),
    [
        ({"trimap": {"contour_px": 251}}, "--contour-px: Input should be less than or equal"),
        ({"trimap": {"contour_px": -1}}, "--contour-px: Input should be greater than"),
        ({"trimap": {"contour_px": "wide"}}, "--contour-px: Input should be a valid integer"),
        ({"trimap": {"values": [1, 2]}}, "--trimap-values: Field required"),
        ({"trimap": {"values": [1, 1, 3]}}, "trimap: values must be three different"),
        ({"trimap": {"values": [1, 2, 256]}}, "trimap: values must be three"),
        ({"workers": 0}, "--workers: Input should be greater than or equal to 1"),
        ({"threads": 0}, "--threads: Input should be greater than or equal to 1"),
        ({"limit": -1}, "--limit: Input should be greater than or equal to 1"),
        ({"device": "gpu"}, "--device: String should match pattern"),
        ({"generator": "best"}, "--generator: 'best' is unknown (known: fast, stock)"),
        ({"save": ["trimaps"]}, "--save: 'trimaps' is unknown (did you mean trimap?)"),
        ({"save": ["objects"]}, "--save: 'objects' is unknown (known: trimap, mask, alpha,"),
        ({"alpha": {"band_fraction": 0}}, "alpha.band_fraction: Input should be greater than 0"),
        ({"cutout": {"background": "red"}}, "must be white, black, transparent or #rrggbb"),
        ({"cutout": {"background": "#ff00f"}}, "must be white, black, transparent or #rrggbb"),
        ({"objects": {"wanted": "0"}}, "wanted must be primary, all, or a number of 1 or more"),
        ({"objects": {"wanted": "many"}}, "'many' is unknown (known: primary, all, or a number)"),
        ({"objects": {"min_area": 0.7}}, "objects: min_area must be below max_area"),
        ({"save": []}, "save must name at least one"),
        ({"refine": {"hole_fraction": 1.5}}, "refine.hole_fraction: Input should be less than"),
        ({"choose": {"min_score": float("nan")}}, "choose.min_score: "),
        ({"choose": {"min_area": -1}}, "choose.min_area: Input should be greater"),
        ({"load": {"max_pixels": 0}}, "load.max_pixels: Input should be greater than 0"),
        ({"input": None}, "input: Field required"),
    ],
    ids=lambda value: None if isinstance(value, str) else repr(value),
)
def test_a_setting_out_of_range_is_named_with_the_range(flags: dict[str, Any], told: str) -> None:
    assert told in complaint(**flags)


@pytest.mark.parametrize("device", ["auto", "cpu", "mps", "cuda", "cuda:1"])
def test_devices_are_named_as_torch_names_them(device: str) -> None:
    assert load_config(None, {**FOLDERS, "device": device}).device == device


def test_a_missing_file_is_a_config_error_that_names_it(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"cannot read config .*gone\.toml: No such file"):
        load_config(tmp_path / "gone.toml", FOLDERS)


def test_a_file_that_is_not_toml_is_a_config_error_with_the_line(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"automask\.toml is not valid TOML: .*line 2"):
        configured(tmp_path, "limit = 5\nworkers 2\n")


def test_a_file_that_is_not_text_is_a_config_error(tmp_path: Path) -> None:
    (tmp_path / "automask.toml").write_bytes(b"\xff\xfe\0")
    with pytest.raises(ConfigError, match="is not valid TOML"):
        load_config(tmp_path / "automask.toml", FOLDERS)


# What shapes the masks: a rerun into the same folder must agree in it.


def digest(sha: str = SHA, **changes: Any) -> str:
    return settings_digest(RunConfig(**{**FOLDERS, **changes}).mask_settings(sha, SCORER))


def test_the_mask_settings_are_flat_by_dotted_names() -> None:
    settings = RunConfig(**FOLDERS, trimap={"contour_px": 2}).mask_settings(SHA, SCORER)
    assert settings["trimap.contour_px"] == 2
    assert settings["trimap.values"] == [1, 2, 3]
    assert settings["model_sha256"] == SHA
    assert settings["choose.fitted"] == SCORER


def test_the_same_weights_by_another_path_or_name_are_the_same_settings() -> None:
    paths = ("tiny", "./x.safetensors", "/somewhere/else/renamed.safetensors")
    assert len({digest(model=path) for path in paths}) == 1
    assert digest(model="x.pth", arch="vit_b") == digest(model="vit_b")
    assert digest(sha="cd" * 32) != digest()


def test_a_digest_is_16_hex_digits_and_the_same_each_time() -> None:
    assert digest() == digest()
    assert len(digest()) == 16
    assert int(digest(), 16) >= 0


def test_a_digest_does_not_depend_on_the_order_of_the_settings() -> None:
    assert settings_digest({"a": 1, "b": 2}) == settings_digest({"b": 2, "a": 1})


@pytest.mark.parametrize(
    "change",
    [
        {"trimap": {"contour_px": 2}},
        {"trimap": {"values": (255, 0, 128)}},
        {"choose": {"weights": {"border": 1.01}}},
        {"choose": {"min_score": 0.31}},
        {"refine": {"hole_fraction": 0.01}},
        {"propose": {"max_side": 512}},
        {"propose": {"settings": {"points_per_side": 16}}},
        {"generator": "stock"},
        {"sha": "cd" * 32},
    ],
    ids=repr,
)
def test_what_shapes_the_masks_changes_the_digest(change: dict[str, Any]) -> None:
    assert digest(**change) != digest()


@pytest.mark.parametrize(
    "change",
    [
        {"workers": 7},
        {"threads": 7},
        {"device": "cpu"},
        {"input": Path("elsewhere")},
        {"output": Path("elsewhere")},
        {"save": ("trimap", "overlay")},
        {"limit": 5},
        {"overwrite": True},
        {"keep_extension": True},
        {"load": {"max_pixels": 5}},
        {"weights": Path("elsewhere")},
    ],
    ids=repr,
)
def test_what_only_gets_them_made_does_not_change_the_digest(change: dict[str, Any]) -> None:
    assert digest(**change) == digest()


# What a run writes.


def test_one_object_is_the_rule_and_has_no_label_image() -> None:
    config = load_config(None, FOLDERS)
    assert config.has_primary_object
    assert config.kinds == ("trimap",)


@pytest.mark.parametrize(("wanted", "read"), [("all", "all"), ("12", 12)])
def test_several_objects_bring_their_label_image(wanted: str, read: str | int) -> None:
    config = load_config(None, {**FOLDERS, "save": ["mask"], "objects": {"wanted": wanted}})
    assert config.objects.wanted == read
    assert config.kinds == ("mask", "objects")


@pytest.mark.parametrize("background", ["white", "black", "transparent", "#00fF10"])
def test_backgrounds_of_cutouts(background: str) -> None:
    config = load_config(None, {**FOLDERS, "cutout": {"background": background}})
    assert config.cutout.background == background


def test_a_toml_file_may_begin_with_a_byte_order_mark(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_bytes(b"\xef\xbb\xbf" + b'model = "vit_b"\n')
    flags = {"input": tmp_path, "output": tmp_path / "out"}
    assert load_config(tmp_path / "a.toml", flags).model == "vit_b"
