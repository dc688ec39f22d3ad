"""The two runs: what both have, and what they were asked."""

from __future__ import annotations

from pathlib import Path

import pytest
from compare_runs import Finished, a_run

from automask.compare.runs import Run, differing_settings, pair, read_run
from automask.errors import UsageError


def run_of(*records: object, name: str = "A", described: dict | None = None) -> Run:
    return Run(name, Path(name), {r.image: r for r in records}, described or {})


def test_images_of_one_run_alone_are_told_apart(finished: Finished) -> None:
    pairing = pair(
        run_of(finished("a"), finished("b")), run_of(finished("b"), finished("c"), name="B")
    )
    assert (pairing.both, pairing.only_a, pairing.only_b) == (("b.jpg",), ("a.jpg",), ("c.jpg",))


def test_a_file_of_another_size_is_another_photograph(finished: Finished) -> None:
    pairing = pair(
        run_of(finished("a", input_bytes=10), finished("b")),
        run_of(finished("a", input_bytes=11), finished("b"), name="B"),
    )
    assert (pairing.both, pairing.changed) == (("b.jpg",), ("a.jpg",))


def test_another_time_of_change_is_told_and_compared(finished: Finished) -> None:
    pairing = pair(
        run_of(finished("a", input_mtime_ns=10)), run_of(finished("a", input_mtime_ns=11))
    )
    assert (pairing.both, pairing.touched, pairing.changed) == (("a.jpg",), ("a.jpg",), ())


def test_a_size_that_is_not_known_is_no_change(finished: Finished) -> None:
    pairing = pair(run_of(finished("a", input_bytes=-1)), run_of(finished("a", input_bytes=10)))
    assert pairing.both == ("a.jpg",)


def test_runs_without_a_common_image_are_refused_with_an_example(finished: Finished) -> None:
    with pytest.raises(UsageError, match=r"no image in common \(A has 'a.jpg' and B has 'b.jpg'"):
        pair(run_of(finished("a")), run_of(finished("b"), name="B"))


def test_a_folder_without_records_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="name the output folder of a run"):
        read_run(tmp_path, "A")


def test_a_run_that_has_finished_nothing_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"B: .* has no records yet"):
        read_run(a_run(tmp_path, []), "B")


def test_a_run_json_that_is_none_leaves_the_settings_unknown(
    tmp_path: Path, finished: Finished
) -> None:
    a_run(tmp_path, [finished("a")])
    for text in ("no json", "[1]"):
        (tmp_path / "run.json").write_text(text)
        assert read_run(tmp_path, "A").settings == {}


def test_only_what_differs_is_named_and_a_digest_goes_before_a_path(finished: Finished) -> None:
    ours = {"config": {"model": "tiny", "output": "x", "choose": {"fitted": "/x.json"}},
            "mask_settings": {"choose.fitted": "ab"}, "workers": 2, "command": ["x"]}  # fmt: skip
    theirs = {"config": {"model": "vit_b", "output": "y", "choose": {"fitted": "/y.json"}},
              "mask_settings": {"choose.fitted": "ab"}, "workers": 2, "threads": 1}  # fmt: skip
    found = differing_settings(
        run_of(finished("a"), described=ours), run_of(finished("a"), described=theirs)
    )
    assert found == (("model", "tiny", "vit_b"), ("threads", "", "1"))


@pytest.mark.parametrize("other", ["Ka\u0308fer", "K\u00e4fer"])
def test_images_are_paired_however_their_names_are_spelt(
    finished: Finished, tmp_path: Path, other: str
) -> None:
    a = read_run(a_run(tmp_path / "a", [finished("K\u00e4fer")]), "A")
    b = read_run(a_run(tmp_path / "b", [finished(other)]), "B")
    assert pair(a, b).both == ("K\u00e4fer.jpg",)
