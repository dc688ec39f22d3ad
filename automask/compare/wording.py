"""The sentences and table cells of a comparison, shared by console and page."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from automask.compare.agreement import ALIKE_IOU, CLOSE_IOU, OTHER_IOU, Agreement, Bin
from automask.compare.comparison import Comparison
from automask.compare.runs import Run
from automask.compare.speed import Pace
from automask.show.console import duration
from automask.show.grid import NOTHING, Grid, named, number

SAME_PACE = 0.02  # within what the next run may reverse
SHOWN_VALUE = 60  # characters of a setting


def verdict(comparison: Comparison) -> str:
    """The result in one sentence."""
    c = comparison
    parts = [_faster(c.times_as_fast)]
    if c.times_the_cost is not None:
        parts.append(f"an image costs {_figure(c.times_the_cost)} x as much")
    if c.agreement is None:
        parts.append("there are no masks to compare")
    else:
        parts.append(_agree(c.agreement, len(c.unread)))
    return f"{', '.join(parts[:-1])}, and {parts[-1]}."


def _agree(found: Agreement, unread: int) -> str:
    """Of what was compared; what could not be is counted beside it."""
    compared = "the masks" if not unread else f"the {found.images:,} pairs of masks compared"
    rest = f"; {unread:,} could not be compared" if unread else ""
    return f"{share(found.share_alike)} of {compared} agree (IoU >= {ALIKE_IOU}){rest}"


def about(comparison: Comparison) -> list[str]:
    """The runs compared, and the number of images."""
    c = comparison
    lines = [_run_line(c.a), _run_line(c.b)]
    lines.append(
        f"{len(c.pairing.both):,} images in both; speed by the stages and masks are of these, "
        "images/h and cost of all images of a run"
    )
    read = [_kinds(kinds) for kinds in c.kinds]
    if read[0] != read[1]:
        lines.append(f"masks of A are read from {read[0]}, those of B from {read[1]}")
    return lines


def pace_grid(comparison: Comparison) -> Grid:
    """A row for each run."""
    heads = ("run", "images", "failed", "images/h", "wall time", "pauses", "cost of 1,000")
    rows = (("A", comparison.pace_a), ("B", comparison.pace_b))
    return Grid(heads, tuple((name, *_pace_cells(pace)) for name, pace in rows))


def stage_grid(comparison: Comparison) -> Grid:
    """A row for each stage; the seconds are means over the images."""
    rows = (
        (s.stage, _seconds(s.seconds_a), _seconds(s.seconds_b), _times(s.times_as_fast),
         _times(s.times_as_fast_median))
        for s in comparison.stages
    )  # fmt: skip
    heads = ("stage", "A, s an image", "B, s an image", "B is as fast as A", "median of images")
    return Grid(heads, tuple(rows))


def agreement_lines(found: Agreement) -> list[str]:
    """The agreement of the masks, in sentences."""
    return [
        f"{found.images:,} images compared: mean IoU {found.mean:.4f}, median {found.median:.4f}",
        f"IoU >= {ALIKE_IOU}: {share(found.share_alike)}; >= {CLOSE_IOU}: "
        f"{share(found.share_close)}; < {OTHER_IOU}: {share(found.share_other)}",
    ]


def histogram_grid(found: Agreement) -> Grid:
    """A row for each bin of the IoU, the highest first."""
    rows = ((_bin(b), f"{b.images:,}", share(b.images / found.images)) for b in found.histogram)
    return Grid(("IoU of A's and B's mask", "images", "share"), tuple(rows)[::-1])


def status_grid(comparison: Comparison) -> Grid:
    """A row for each pair of statuses that occurs."""
    rows = ((a, b, f"{count:,}") for (a, b), count in sorted(comparison.changes.items()))
    return Grid(("status in A", "in B", "images"), tuple(rows))


def settings_grid(comparison: Comparison) -> Grid:
    """A row for each setting, version and machine that differs."""
    rows = (
        (name, _short(a) or NOTHING, _short(b) or NOTHING) for name, a, b in comparison.settings
    )
    return Grid(("what differs", "A", "B"), tuple(rows))


def notes(comparison: Comparison) -> list[str]:
    """What is not compared or unknown, with the first names."""
    c, lines = comparison, []
    groups = (
        (c.pairing.only_a, "only in A, not compared"),
        (c.pairing.only_b, "only in B, not compared"),
        (c.pairing.changed, "another file in B than in A, by its size; not compared"),
        (c.pairing.touched, "same size but another modification time in B, compared anyway"),
        (_status_changes(c), "another status in B than in A"),
        ([f"{one.image}: {one.error}" for one in c.unread], "masks that cannot be compared"),
    )
    for names, words in groups:
        if names:
            lines += [f"{images(len(names))}: {words}", *named(names, 10)]
    lines += [f"{run.name} has no run.json: its settings are unknown"
              for run in (c.a, c.b) if not run.described]  # fmt: skip
    return [*lines, *_objects(c)]


def images(count: int) -> str:
    """`1 image`, `2 images`."""
    return f"{count:,} image{'' if count == 1 else 's'}"


def share(value: float) -> str:
    """Percent, rounded, but 100 % means every image and 0 % none."""
    tenths = round(value * 100, 1)
    if 0 < value < 1:
        tenths = min(max(tenths, 0.1), 99.9)
    return f"{tenths:.0f} %" if tenths == round(tenths) else f"{tenths:.1f} %"


def _faster(times: float | None) -> str:
    if times is None:
        return "There is no speed to compare"
    if abs(times - 1) <= SAME_PACE:
        return "B is as fast as A"
    if times > 1:
        return f"B is {_figure(times)} x as fast as A"
    return f"B takes {_figure(1 / times)} x as long as A"


def _run_line(run: Run) -> str:
    of = {name: sorted({str(getattr(r, name)) for r in run.records.values()})
          for name in ("model", "generator", "device", "dtype")}  # fmt: skip
    what = ", ".join(" and ".join(values) for values in of.values())
    machine = run.described.get("device_name")
    where = f" ({machine})" if isinstance(machine, str) else ""
    return f"{run.name}: {run.folder}, {len(run.records):,} images, {what}{where}"


def _kinds(kinds: Counter[str]) -> str:
    return " and ".join(f"{kind} ({count:,})" for kind, count in kinds.most_common()) or "nothing"


def _pace_cells(pace: Pace) -> Iterator[str]:
    yield f"{pace.images:,}"
    yield f"{pace.failed:,}"
    yield NOTHING if pace.images_per_hour is None else f"{pace.images_per_hour:,.0f}"
    yield duration(pace.seconds_wall)
    yield f"{pace.pauses} ({duration(pace.seconds_paused)})" if pace.pauses else "none"
    yield NOTHING if pace.cost_per_1000 is None else f"{pace.cost_per_1000:.4g}"


def _status_changes(comparison: Comparison) -> list[str]:
    return [
        f"{a.image}: {a.status} -> {b.status}{f' ({b.error})' if b.error else ''}"
        for a, b in comparison.pairs
        if a.status != b.status
    ]


def _objects(comparison: Comparison) -> list[str]:
    counts = [(a.objects, b.objects) for a, b in comparison.pairs if a.is_done and b.is_done]
    known = [(a, b) for a, b in counts if a is not None and b is not None]
    if known:
        same = sum(a == b for a, b in known)
        return [f"as many objects in A as in B: {same:,} of {len(known):,} images"]
    if any(a is not None or b is not None for a, b in counts):
        return ["one run masked several objects and the other one: their union is compared"]
    return []


def _bin(one: Bin) -> str:
    return "1, the same" if one.low == one.high else f"{one.low:g} to {one.high:g}"


def _seconds(value: float) -> str:
    return f"{value:.4f}" if value < 0.1 else number(value)


def _times(value: float | None) -> str:
    return NOTHING if value is None else f"{_figure(value)} x"


def _figure(value: float) -> str:
    """Two significant digits, or all digits of a larger number."""
    return f"{value:.2f}" if value < 1 else f"{value:.1f}" if value < 100 else f"{value:,.0f}"


def _short(value: str) -> str:
    return value if len(value) <= SHOWN_VALUE else f"{value[: SHOWN_VALUE - 3]}..."
