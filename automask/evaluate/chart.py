"""The calibration of confidence, drawn as charts."""

from __future__ import annotations

from collections.abc import Sequence

from PIL import Image, ImageDraw, ImageFont

from automask.evaluate.trust import GOOD_IOU, Trust

WIDTH, HEIGHT = 720, 400  # px
LEFT, RIGHT, TOP, BOTTOM = 70, 30, 80, 60  # px around the axes
FINE = 3  # drawn at this scale, then reduced: Pillow's lines are not smooth
FONT_SIZE = 14  # px
CURVE, BEST, CHANCE, FRAME = "#0072B2", "#009E73", "#999999", "#444444"

Point = tuple[float, float]


def risk_coverage_chart(trust: Trust) -> Image.Image:
    """Draw the share of bad masks among the most confident, with the best order and chance."""
    curve = [(0.0, float(trust.curve.risk[0]))]
    curve += zip(trust.curve.coverage.tolist(), trust.curve.risk.tolist(), strict=True)
    good = 1 - trust.area_chance
    best = [(0.0, 0.0), (good, 0.0)]
    best += [(c, (c - good) / c) for c in trust.curve.coverage.tolist() if c > good]
    highest = max(risk for _, risk in [*curve, *best])
    canvas = _Canvas(top_value=max(0.1, highest * 1.08))
    canvas.frame("most confident share of the images", f"bad among them (IoU below {GOOD_IOU})")
    canvas.line([(0.0, trust.area_chance), (1.0, trust.area_chance)], CHANCE)
    canvas.line(best, BEST)
    canvas.line(curve, CURVE, width=3)
    canvas.legend(
        (
            (CURVE, f"by confidence, area {trust.area:.3f}"),
            (BEST, f"best possible order, {trust.area_best:.3f}"),
            (CHANCE, f"by chance, {trust.area_chance:.3f}"),
        )
    )
    return canvas.finished()


def reliability_chart(trust: Trust) -> Image.Image:
    """Draw the share of good masks by confidence.

    A dot for each bin, labelled with its number of images; on the diagonal the confidence is
    calibrated.
    """
    canvas = _Canvas(top_value=1.0)
    canvas.frame("confidence", f"good (IoU of {GOOD_IOU} and more)")
    canvas.line([(0.0, 0.0), (1.0, 1.0)], CHANCE)
    dots = [
        (b.confidence, b.good, b.images)
        for b in trust.bins
        if b.confidence is not None and b.good is not None
    ]
    canvas.line([(sure, good) for sure, good, _ in dots], CURVE, width=3)
    for sure, good, images in dots:
        canvas.dot(sure, good, CURVE)
        canvas.words(sure, good, str(images), "lt", dx=8, dy=2)
    canvas.legend(
        (
            (CURVE, f"calibration error {trust.calibration_error:.3f}"),
            (CHANCE, "honest"),
        )
    )
    return canvas.finished()


class _Canvas:
    """Axes from 0 to 1 across and from 0 to `top_value` up."""

    def __init__(self, top_value: float) -> None:
        self.top_value = top_value
        self.picture = Image.new("RGB", (WIDTH * FINE, HEIGHT * FINE), "white")
        self.pen = ImageDraw.Draw(self.picture)
        self.font = ImageFont.load_default(FONT_SIZE * FINE)

    def at(self, x: float, y: float) -> Point:
        """The pixel of a value."""
        across = LEFT + x * (WIDTH - LEFT - RIGHT)
        down = HEIGHT - BOTTOM - y / self.top_value * (HEIGHT - TOP - BOTTOM)
        return across * FINE, down * FINE

    def line(self, values: Sequence[Point], colour: str, width: int = 2) -> None:
        points = [self.at(x, y) for x, y in values]
        self.pen.line(points, fill=colour, width=width * FINE, joint="curve")

    def words(self, x: float, y: float, text: str, anchor: str, dx: int = 0, dy: int = 0) -> None:
        """Write text dx and dy px away from a value."""
        across, down = self.at(x, y)
        place = (across + dx * FINE, down + dy * FINE)
        self.pen.text(place, text, "black", self.font, anchor=anchor)

    def dot(self, x: float, y: float, colour: str) -> None:
        across, down = self.at(x, y)
        reach = 5 * FINE
        self.pen.ellipse((across - reach, down - reach, across + reach, down + reach), fill=colour)

    def frame(self, across: str, up: str) -> None:
        """Draw the axes with their names and ticks."""
        self.line([(0, self.top_value), (0, 0), (1, 0)], FRAME, width=1)
        for tenths in range(0, 11, 2):
            self.words(tenths / 10, 0, f"{tenths * 10} %", "mt", dy=8)
        step = next(s for s in (0.02, 0.05, 0.1, 0.2) if self.top_value / s <= 6)
        for number in range(int(self.top_value / step) + 1):
            self.words(0, number * step, f"{round(number * step * 100)} %", "rm", dx=-8)
        self.words(0.5, 0, across, "mt", dy=32)
        self.words(0, self.top_value, up, "lb", -50, -22)

    def legend(self, entries: Sequence[tuple[str, str]]) -> None:
        across, down = self.at(1, self.top_value)
        for number, (colour, text) in enumerate(entries):
            y = down + (number * 20 - 62) * FINE
            self.pen.line((across - 250 * FINE, y, across - 225 * FINE, y), colour, 3 * FINE)
            place = (across - 218 * FINE, y)
            self.pen.text(place, text, "black", self.font, anchor="lm")

    def finished(self) -> Image.Image:
        return self.picture.resize((WIDTH, HEIGHT), Image.Resampling.LANCZOS)
