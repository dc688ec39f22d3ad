"""How even shards are, by count and by bytes: `python benchmarks/shards.py` prints the table of
docs/cluster.md. Names and sizes are made up, always the same.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator

import numpy as np

from automask.sharding.shard import index_of

MEDIAN_BYTES = 2.5e6  # of a JPEG of 12 megapixels
SPREAD = 0.6  # deviation of the logarithm: a tenth is below 1.2 MB, a tenth above 5.4 MB


def names(count: int) -> Iterator[str]:
    """product_00017/view_3.jpg: ten photographs each."""
    return (f"product_{number // 10:05}/view_{number % 10}.jpg" for number in range(count))


def parts(count: int, shards: int) -> tuple[list[int], list[float]]:
    """Photographs and bytes of each shard."""
    sizes = np.random.default_rng(0).lognormal(np.log(MEDIAN_BYTES), SPREAD, count)
    images, total = [0] * shards, [0.0] * shards
    for name, size in zip(names(count), sizes, strict=True):
        index = index_of(name, shards)
        images[index - 1] += 1
        total[index - 1] += float(size)
    return images, total


def line(count: int, shards: int) -> str:
    images, total = parts(count, shards)
    mean_images, mean_bytes = count / shards, sum(total) / shards
    return (
        f"| {count:,} | {shards:,} | {min(images):,} to {max(images):,} | "
        f"{min(images) / mean_images - 1:+.1%} to {max(images) / mean_images - 1:+.1%} | "
        f"{min(total) / mean_bytes - 1:+.1%} to {max(total) / mean_bytes - 1:+.1%} |"
    )


def main() -> None:
    print("| photographs | tasks | images of a task | against the mean | bytes against the mean |")
    print("|---|---|---|---|---|")
    for count, shards in [(711, 8), (7_110, 8), (71_100, 64), (711_000, 64), (711_000, 1_000)]:
        print(line(count, shards))


if __name__ == "__main__":
    sys.exit(main())
