"""Plots: titles, units, words for those who do not see them, and nothing that a policy forbids."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.etree import ElementTree

import pytest

from automask.report.plots import Plot, draw_plots
from automask.report.timeline import timeline_of
from automask.report.timing import timing_of

if TYPE_CHECKING:
    from conftest import RecordMaker


@pytest.fixture
def plots(make_record: RecordMaker) -> list[Plot]:
    """Of a run with a pause and a worker whose host is called like a formula."""
    records = [
        make_record(
            image=str(number),
            started_at=f"2024-05-01T1{number // 30}:00:{number % 30:02d}.000+00:00",
            seconds_total=0.5 + number % 7 / 10,
            worker=f"$x^2$<{number % 2}>:17",
        )
        for number in range(60)
    ]
    return draw_plots(timing_of(records), timeline_of(records))


def texts(plot: Plot) -> str:
    return " | ".join("".join(e.itertext()) for e in ElementTree.fromstring(plot.svg).iter())


def test_there_is_a_plot_for_each_question(plots: list[Plot]) -> None:
    titles = [plot.title for plot in plots]
    assert titles == [
        "Where the seconds go", "Seconds an image", "Throughput", "Load of the workers",
    ]  # fmt: skip


def test_axes_have_units(plots: list[Plot]) -> None:
    units = ("seconds an image in one worker, mean", "seconds an image", "images/hour", "% of its")
    for plot, unit in zip(plots, units, strict=True):
        assert unit in texts(plot)


def test_median_and_95th_percentile_are_marked(plots: list[Plot]) -> None:
    assert "median 0.80 s" in texts(plots[1])
    assert "95th percentile 1.10 s" in texts(plots[1])


def test_pauses_are_hatched_and_said(plots: list[Plot]) -> None:
    assert "hatched: pauses" in texts(plots[2])
    assert plots[2].words.endswith("pauses: 1.")


def test_a_worker_s_name_is_no_formula_and_no_markup(plots: list[Plot]) -> None:
    assert "$x^2$<0>:17" in texts(plots[3])
    assert "<0>" not in plots[3].svg


def test_stages_differ_without_colour(plots: list[Plot]) -> None:
    patterns = [e for e in ElementTree.fromstring(plots[0].svg).iter() if e.tag.endswith("pattern")]
    assert len(patterns) == 6  # of seven stages one is plain


def test_each_plot_says_what_it_shows(plots: list[Plot]) -> None:
    for plot in plots:
        root = ElementTree.fromstring(plot.svg)
        assert root.get("role") == "img"
        assert root.get("aria-label") == f"{plot.title}. {plot.words}"


def test_a_plot_takes_the_page_s_colours_and_brings_no_styles(plots: list[Plot]) -> None:
    ids: list[str] = []
    for plot in plots:
        assert "currentColor" in plot.svg
        assert "#010203" not in plot.svg
        for element in ElementTree.fromstring(plot.svg).iter():
            assert element.tag.rpartition("}")[2] not in ("style", "script", "metadata", "image")
            assert "style" not in element.attrib
            ids += [element.attrib["id"]] if "id" in element.attrib else []
    assert len(ids) == len(set(ids))


def test_what_a_plot_refers_to_is_in_it(plots: list[Plot]) -> None:
    for plot in plots:
        root = ElementTree.fromstring(plot.svg)
        ids = {e.get("id") for e in root.iter()}
        links = {e.get("href", "")[1:] for e in root.iter() if "href" in e.attrib}
        urls = {
            value[5:-1] for e in root.iter() for value in e.attrib.values() if value[:5] == "url(#"
        }
        assert links
        assert urls
        assert links | urls <= ids


def test_the_same_times_give_the_same_bytes(make_record: RecordMaker) -> None:
    timing, timeline = timing_of([make_record()]), timeline_of([make_record()])
    assert draw_plots(timing, timeline) == draw_plots(timing, timeline)
