"""Plots of the run's times as SVG, in the page's colours, with hatches for printers."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from automask.report.svg import INK, PAPER, for_page
from automask.report.timeline import Timeline
from automask.report.timing import SLOW_SHARE, STAGES, Timing
from automask.show.console import duration, visible

if TYPE_CHECKING:
    from matplotlib.axes import Axes

WIDTH = 5.2  # inches: 374 units, about the pixels of a phone, so that text is as large as said
HEIGHT = 2.9  # inches
FONT_SIZE = 10  # units
# Okabe and Ito's colours, distinct for the colour-blind; hatches for printers and screens without
# colour.
FILLS = ("#999999", "#0072B2", "#E69F00", "#009E73", "#CC79A7", "#D55E00", "#F0E442")
HATCHES = ("", "///", "...", "\\\\\\", "xxx", "---", "++")
BLUE, ORANGE = FILLS[1], FILLS[2]
MOST_WORKERS = 16  # bars; with more workers, those with the least load
MOST_BARS = 40  # of the distribution
MOST_LETTERS = 18  # of a worker's name beside its bar


@dataclass(frozen=True)
class Plot:
    """One plot."""

    title: str
    svg: str  # element for a page; no script, no style, no reference to anything outside
    words: str  # its description for screen readers


def draw_plots(timing: Timing, timeline: Timeline) -> list[Plot]:
    """Draw seconds by stage, their distribution, rate over time, and load of workers."""
    return [
        *([_stages(timing), _distribution(timing)] if timing.totals else []),
        *([_throughput(timeline)] if timeline.rates else []),
        *([_loads(timeline)] if timeline.loads else []),
    ]


def _stages(timing: Timing) -> Plot:
    rows = {"all images": timing.stages, f"slowest {SLOW_SHARE:.0%}": timing.slow_stages}

    def draw(axes: Axes) -> None:
        ends = [0.0] * len(rows)
        for stage, fill, hatch in zip(STAGES, FILLS, HATCHES, strict=True):
            seconds = [row[stage] for row in rows.values()]
            axes.barh(
                list(rows), seconds, 0.6, left=ends, label=stage,
                color=fill, hatch=hatch, edgecolor=INK, linewidth=0.6,
            )  # fmt: skip
            ends = [end + more for end, more in zip(ends, seconds, strict=True)]
        axes.invert_yaxis()
        axes.set_ylim(1.6, -0.6)
        axes.set_xlabel("seconds an image in one worker, mean")
        _legend_above(axes)

    words = "; ".join(
        f"{name}: " + ", ".join(f"{stage} {row[stage]:.3g} s" for stage in STAGES)
        for name, row in rows.items()
    )
    return _plot("Where the seconds go", draw, f"Mean seconds an image by stage. {words}.")


def _distribution(timing: Timing) -> Plot:
    totals = np.array(timing.totals)
    # Few images that waited for a disk must not squeeze all others into one bar.
    far = max(timing.p95 * 1.6, timing.median * 2.5)
    beyond = int((totals > far).sum())

    def draw(axes: Axes) -> None:
        axes.hist(
            np.minimum(totals, far), bins=min(MOST_BARS, max(5, len(totals) // 6)),
            color=BLUE, edgecolor=PAPER, linewidth=0.4,
        )  # fmt: skip
        for value, name, dash in (
            (timing.median, "median", "-"),
            (timing.p95, "95th percentile", "--"),
        ):
            axes.axvline(value, color=INK, linestyle=dash, label=f"{name} {_seconds(value)}")
        more = f"; {beyond} beyond {_seconds(far)} at the right end" if beyond else ""
        axes.set_xlabel(f"seconds an image in one worker{more}")
        axes.set_ylabel("images")
        _legend_above(axes)

    words = (
        f"Distribution of seconds an image: median {_seconds(timing.median)}, 95th percentile "
        f"{_seconds(timing.p95)}, longest {_seconds(float(totals.max()))}."
    )
    return _plot("Seconds an image", draw, words)


def _throughput(timeline: Timeline) -> Plot:
    unit, length = _time_unit(timeline.seconds_wall)

    def draw(axes: Axes) -> None:
        for session in timeline.sessions:
            within = [(span, rate) for span, rate in timeline.rates if session.holds(span)]
            if within:
                edges = [within[0][0].start, *(span.end for span, _ in within)]
                axes.stairs(
                    [rate for _, rate in within], [edge / length for edge in edges],
                    color=BLUE, fill=True, alpha=0.25, linewidth=0,
                )  # fmt: skip
                axes.stairs(
                    [rate for _, rate in within], [edge / length for edge in edges],
                    color=BLUE, linewidth=1.8,
                )  # fmt: skip
        for before, after in zip(timeline.sessions[:-1], timeline.sessions[1:], strict=True):
            axes.axvspan(
                before.end / length, after.start / length,
                facecolor="none", edgecolor=INK, hatch="//", linewidth=0, alpha=0.35,
            )  # fmt: skip
        axes.axhline(timeline.images_per_hour, color=INK, linestyle="--", linewidth=1, label="mean")
        axes.set_ylim(0, max(rate for _, rate in timeline.rates) * 1.15 or 1)
        axes.set_xlabel(f"{unit} since the first image" + _hatched(timeline))
        axes.set_ylabel("images/hour")
        axes.yaxis.set_major_formatter("{x:,.0f}")
        _legend_above(axes)

    rates = [rate for _, rate in timeline.rates]
    words = (
        f"Images an hour over the time of work: mean {timeline.images_per_hour:,.0f}, between "
        f"{min(rates):,.0f} and {max(rates):,.0f}; pauses: {len(timeline.sessions) - 1}."
    )
    return _plot("Throughput", draw, words)


def _loads(timeline: Timeline) -> Plot:
    shown = sorted(timeline.loads, key=lambda load: load[1])[:MOST_WORKERS]
    names = [_shortened(visible(worker)) for worker, _ in shown]
    shares = [100 * share for _, share in shown]

    def draw(axes: Axes) -> None:
        bars = axes.barh(
            range(len(shown)), shares, 0.6,
            color=ORANGE, hatch="//", edgecolor=INK, linewidth=0.6,
        )  # fmt: skip
        axes.bar_label(bars, [f"{share:.0f} %" for share in shares], padding=4)
        axes.set_yticks(range(len(shown)), names)
        axes.set_xlim(0, 118)
        axes.set_xticks(range(0, 101, 20))
        axes.invert_yaxis()
        axes.set_ylim(len(shown) - 0.4, -0.6)
        axes.set_xlabel("% of its time with an image in hand")

    least = "" if len(shown) == len(timeline.loads) else f", the {len(shown)} with the least to do"
    listed = ", ".join(f"{name} {share:.0f} %" for name, share in zip(names, shares, strict=True))
    words = f"Load of {len(timeline.loads)} workers{least}: {listed}."
    return _plot(f"Load of the workers{least}", draw, words, max(1.6, 0.9 + 0.28 * len(shown)))


def _plot(title: str, draw: Callable[[Axes], None], words: str, height: float = HEIGHT) -> Plot:
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    settings: Any = {  # of matplotlib, whose type for them names every one there is
        **dict.fromkeys(("text.color", "axes.labelcolor", "axes.edgecolor"), INK),
        **dict.fromkeys(("xtick.color", "ytick.color"), INK),
        "font.size": FONT_SIZE,
        "hatch.linewidth": 0.7,
        "text.parse_math": False,  # a host's name may hold dollars
        "svg.fonttype": "none",  # text stays text
        "svg.hashsalt": title,  # the same plot, the same bytes
    }
    with rc_context(settings):
        figure = Figure(figsize=(WIDTH, height), layout="constrained")
        axes = figure.subplots()
        draw(axes)
        axes.spines[["top", "right"]].set_visible(False)
        buffer = io.BytesIO()
        figure.savefig(buffer, format="svg", transparent=True, metadata={"Date": None})
    return Plot(title, for_page(buffer.getvalue(), title, words), words)


def _legend_above(axes: Axes) -> None:
    """Place the legend above the axes, where it hides nothing."""
    axes.legend(
        loc="lower left", bbox_to_anchor=(-0.06, 1.0), ncols=4, frameon=False,
        handlelength=1.8, columnspacing=1.2,
    )  # fmt: skip


def _time_unit(seconds: float) -> tuple[str, float]:
    """The unit of the time axis, and its length in seconds."""
    units: Sequence[tuple[str, float]] = (("hours", 3600.0), ("minutes", 60.0), ("seconds", 1.0))
    return next((unit for unit in units if seconds >= 3 * unit[1]), units[-1])


def _shortened(worker: str) -> str:
    """The end of a long worker name, which has the process id."""
    return worker if len(worker) <= MOST_LETTERS else "…" + worker[1 - MOST_LETTERS :]


def _hatched(timeline: Timeline) -> str:
    return "; hatched: pauses" if len(timeline.sessions) > 1 else ""


def _seconds(value: float) -> str:
    return f"{value:.2f} s" if value < 10 else duration(value)
