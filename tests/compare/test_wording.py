"""What is said about two runs."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
from compare_runs import HERE, Finished, a_run
from rich.console import Console

from automask.compare.comparison import Comparison, Options, compare
from automask.compare.table import print_comparison
from automask.compare.wording import notes, share, verdict


def found(a: Path, b: Path, **options: Any) -> Comparison:
    return compare(Options(a, b, **options))


def printed(comparison: Comparison) -> str:
    console = Console(file=io.StringIO(), width=200)
    print_comparison(console, comparison)
    return str(console.file.getvalue())  # type: ignore[attr-defined]


def test_one_sentence_answers(run_a: Path, run_b: Path) -> None:
    # 6 s against 3 s; of 3 masks one is the same (1, 0.6 and 0).
    assert verdict(found(run_a, run_b)) == (
        "B is 2.0 x as fast as A, and 33.3 % of the masks agree (IoU >= 0.95)."
    )


def test_with_both_prices_it_says_the_cost(run_a: Path, run_b: Path) -> None:
    assert "an image costs 0.20 x as much" in verdict(found(run_a, run_b, price_a=5, price_b=2))
    assert "costs" not in verdict(found(run_a, run_b, price_a=5))


def test_a_slower_run_takes_longer(run_a: Path, run_b: Path) -> None:
    assert verdict(found(run_b, run_a)).startswith("B takes 2.0 x as long as A,")


def test_a_run_is_like_itself(run_a: Path) -> None:
    assert verdict(found(run_a, run_a)) == (
        "B is as fast as A, and 100 % of the masks agree (IoU >= 0.95)."
    )


def test_where_everything_failed_nothing_is_made_up(
    tmp_path: Path, run_a: Path, finished: Finished
) -> None:
    failed = finished("a", status="failed", output=None, kinds=(), error="damaged")
    comparison = found(run_a, a_run(tmp_path / "C", [failed]))
    assert verdict(comparison) == (
        "There is no speed to compare, and there are no masks to compare."
    )
    assert "  a.jpg: ok -> failed (damaged)" in notes(comparison)
    assert "C has no run.json" not in printed(comparison)
    assert "B has no run.json: its settings are unknown" in printed(comparison)


def test_not_everything_agrees_as_long_as_one_does_not() -> None:
    assert [share(v) for v in (1.0, 0.9999, 0.977, 0.0)] == ["100 %", "99.9 %", "97.7 %", "0 %"]
    assert [share(v) for v in (2 / 3, 0.0001)] == ["66.7 %", "0.1 %"]


def test_what_is_in_one_run_only_and_what_has_changed_is_counted(
    tmp_path: Path, run_a: Path, finished: Finished
) -> None:
    records = [finished("a"), finished("b", input_bytes=1), finished("d")]
    lines = notes(found(run_a, a_run(tmp_path / "C", records, {"a": HERE}, described={"x": 1})))
    assert lines == [
        "1 image: only in A, not compared",
        "  c.jpg",
        "1 image: only in B, not compared",
        "  d.jpg",
        "1 image: another file in B than in A, by its size; not compared",
        "  b.jpg",
    ]


def test_numbers_of_objects_are_compared_where_both_have_them(
    tmp_path: Path, finished: Finished
) -> None:
    masks = {"a": HERE, "b": HERE}
    many = [finished("a", objects=3), finished("b", objects=2)]
    fewer = [finished("a", objects=3), finished("b", objects=1)]
    a = a_run(tmp_path / "A", many, masks, described={"x": 1})
    b = a_run(tmp_path / "B", fewer, masks, described={"x": 1})
    one = a_run(tmp_path / "C", [finished("a"), finished("b")], masks, described={"x": 1})
    assert notes(found(a, b)) == ["as many objects in A as in B: 1 of 2 images"]
    (line,) = notes(found(a, one))
    assert "their union is compared" in line


def test_the_console_has_it_all(run_a: Path, run_b: Path) -> None:
    text = printed(found(run_a, run_b, price_a=1.8, price_b=3.6))
    for words in (
        "B is 2.0 x as fast",
        "1,800",  # images/h of A
        "total ",
        "3 images compared: mean IoU 0.5333, median 0.6000",
        "c.jpg: ok -> no_object",
        "points        few   full",
        "device_name   Xeon  H200",
    ):
        assert words in text


@pytest.mark.parametrize("name", ["\x1b[31mred", "[red]", "a\u202egpj", "two\nlines", "\udcff"])
def test_a_name_is_one_line_of_plain_text(tmp_path: Path, finished: Finished, name: str) -> None:
    a = a_run(tmp_path / "A", [finished("a"), finished(name)], {"a": HERE})
    text = printed(found(a, a_run(tmp_path / "B", [finished("a")], {"a": HERE})))
    (line,) = (line for line in text.splitlines() if ascii(name)[1:-1] in line.replace("\\\\", ""))
    assert line.isprintable()


def test_what_could_not_be_compared_is_not_counted_as_agreeing(
    tmp_path: Path, finished: Finished
) -> None:
    described = {"config": {"load": {"max_pixels": 3}}}
    one = a_run(tmp_path / "one", [finished("a"), finished("b")], {"a": HERE, "b": HERE})
    (one / "masks" / "b.png").write_bytes(b"torn")
    assert verdict(found(one, one)).endswith(
        "100 % of the 1 pairs of masks compared agree (IoU >= 0.95); 1 could not be compared."
    )
    small = a_run(tmp_path / "small", [finished("a")], {"a": HERE}, described=described)
    comparison = found(small, small)
    assert verdict(comparison).endswith("there are no masks to compare.")
    assert "is more than 3 pixels" in comparison.unread[0].error
