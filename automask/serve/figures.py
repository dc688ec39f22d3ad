"""What a server counts, as Prometheus reads it (text format 0.0.4)."""

from __future__ import annotations

import threading
from collections import Counter, deque
from collections.abc import Callable

from automask.image.process import Outcome

BUCKETS = (0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)  # seconds
REMEMBERED = 50  # photographs whose seconds say how long the next will take

Gauge = tuple[str, Callable[[], float]]  # what it says, and its value now


class Figures:
    """Counters and a histogram; may be called from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._answers: Counter[int] = Counter()  # requests by HTTP status
        self._images: Counter[str] = Counter()  # by status
        self._buckets: Counter[float] = Counter()
        self._seconds = 0.0
        self._recent: deque[float] = deque(maxlen=REMEMBERED)

    def answered(self, status: int) -> None:
        with self._lock:
            self._answers[status] += 1

    def masked(self, outcome: Outcome) -> None:
        seconds = outcome.record.seconds_total or 0.0
        with self._lock:
            self._images[outcome.record.status] += 1
            self._seconds += seconds
            self._recent.append(seconds)
            for bucket in BUCKETS:
                self._buckets[bucket] += seconds <= bucket

    @property
    def seconds_each(self) -> float:
        """Of the last photographs; a second where there were none."""
        with self._lock:
            return sum(self._recent) / len(self._recent) if self._recent else 1.0

    def text(self, gauges: dict[str, Gauge]) -> str:
        """The page `/metrics`."""
        with self._lock:
            lines = [
                *_counter("requests", "Requests by HTTP status.", "status", self._answers),
                *_counter("images", "Photographs by what became of them.", "status", self._images),
                *self._histogram(),
            ]
        for name, (meaning, value) in gauges.items():
            lines += _head(name, meaning, "gauge")
            lines.append(f"automask_{name} {value():g}")
        return "\n".join(lines) + "\n"

    def _histogram(self) -> list[str]:
        name, total = "image_seconds", sum(self._images.values())
        return [
            *_head(name, "Seconds of a photograph in its worker.", "histogram"),
            *(f'automask_{name}_bucket{{le="{b:g}"}} {self._buckets[b]}' for b in BUCKETS),
            f'automask_{name}_bucket{{le="+Inf"}} {total}',
            f"automask_{name}_sum {self._seconds:.3f}",
            f"automask_{name}_count {total}",
        ]


def _counter(name: str, meaning: str, label: str, counts: Counter[int] | Counter[str]) -> list[str]:
    return [
        *_head(f"{name}_total", meaning, "counter"),
        *(f'automask_{name}_total{{{label}="{key}"}} {n}' for key, n in sorted(counts.items())),
    ]


def _head(name: str, meaning: str, kind: str) -> list[str]:
    return [f"# HELP automask_{name} {meaning}", f"# TYPE automask_{name} {kind}"]
