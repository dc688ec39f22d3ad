"""FiftyOne's dataset on disk, imported by fiftyone where it and its database are at hand."""

from __future__ import annotations

import base64
import io
import json
import os
import zlib
from pathlib import Path

import numpy as np
import pytest
from export_runs import THREE, Run, labels, same_masks

from automask.export.export import Options, export
from automask.export.formats.fiftyone import bounding_box
from automask.export.instances import instances

ALL = ("##########",) * 6


def sample(out: Path, name: str) -> dict[str, object]:
    samples = json.loads((out / "samples.json").read_text())["samples"]
    return next(one for one in samples if one["filepath"] == f"data/{name}")


def test_a_mask_is_a_compressed_array_in_its_box(run: Run, tmp_path: Path) -> None:
    export(Options(run.output, "fiftyone", tmp_path / "fo"))
    (found,) = sample(tmp_path / "fo", "bags%2Fa.jpg")["objects"]["detections"]  # type: ignore[index]
    # From (1, 1), 8 x 3 of 10 x 6.
    assert found["bounding_box"] == pytest.approx([0.1, 1 / 6, 0.8, 0.5])
    packed = base64.b64decode(found["mask"]["$binary"]["base64"])
    np.testing.assert_array_equal(
        np.load(io.BytesIO(zlib.decompress(packed))),
        [[1, 1, 0, 0, 0, 0, 1, 1], [1, 1, 0, 0, 0, 0, 1, 1], [0, 0, 0, 0, 0, 0, 1, 1]],
    )


def test_boxes_are_whole_where_they_are_truncated() -> None:
    # As fiftyone finds the corners.
    for width in range(1, 200):
        for left in range(width):
            labels = np.zeros((1, width), np.uint8)
            labels[0, left:] = 1
            x, _, share, _ = bounding_box(instances(labels)[0])
            assert (int(width * x), int(width * (x + share))) == (left, width)


def test_a_version_of_the_database_is_not_named(run: Run, tmp_path: Path) -> None:
    # With one, fiftyone would take the samples for a dump of that release's database.
    export(Options(run.output, "fiftyone", tmp_path / "fo"))
    assert "version" not in json.loads((tmp_path / "fo" / "metadata.json").read_text())


@pytest.mark.skipif(
    "FIFTYONE_DATABASE_URI" not in os.environ,
    reason="fiftyone needs a MongoDB, named by FIFTYONE_DATABASE_URI: see docs/export.md",
)
def test_fiftyone_imports_the_masks_pixel_by_pixel(
    run: Run, tmp_path: Path, drawn: dict[str, tuple[str, ...]]
) -> None:
    fiftyone = pytest.importorskip("fiftyone", reason="fiftyone is heavy: see docs/export.md")
    run.add("drops.jpg", THREE, "objects", objects=3)
    run.add("all.jpg", ALL)
    export(Options(run.output, "fiftyone", tmp_path / "fo", shares="0.5/0.5"))
    dataset = fiftyone.Dataset.from_dir(
        dataset_dir=str(tmp_path / "fo"), dataset_type=fiftyone.types.FiftyOneDataset
    )
    try:
        read = {one.image: union(one.objects.detections) for one in dataset}
        assert same_masks(read, {**drawn, "drops.jpg": THREE, "all.jpg": ALL})
        by_image = {one.image: one for one in dataset}
        for number, one in enumerate(by_image["drops.jpg"].objects.detections, start=1):
            np.testing.assert_array_equal(union([one]), labels(THREE) == number)
        assert by_image["shoes/a.jpg"].confidence == 0.75
        assert sorted(tag for one in dataset for tag in one.tags) == ["train"] * 3 + ["val"] * 2
        assert all(Path(one.filepath).is_file() for one in dataset)
    finally:
        dataset.delete()


def union(detections: list) -> np.ndarray:
    """6 x 10 of the detections' masks, by fiftyone's own drawing."""
    drawn = np.zeros((6, 10), bool)
    for detection in detections:
        drawn |= detection.to_segmentation(frame_size=(10, 6)).mask > 0
    return drawn
