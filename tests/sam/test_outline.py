"""outline: the refiner on masks of any size, its tiles, and the file it is loaded from.

A network that was not trained begins by changing nothing: what these tests need of it.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from safetensors.torch import save_file

from automask.errors import WeightsError
from automask.image.metrics import mask_iou
from automask.refiner_training.export import export
from automask.sam import outline as outlines
from automask.sam.checkpoints import Checkpoint
from automask.sam.outline import Drawing, Outline, load_outline, load_refiner, tiles
from automask.sam.refiner import Refiner, begin_from, normalised
from automask.sam.weights import sha256_of


def untrained() -> Outline:
    torch.manual_seed(0)
    return Outline(Refiner().eval(), torch.device("cpu"), torch.float32)


def disc(height: int, width: int, radius: float) -> NDArray[np.bool_]:
    rows, columns = np.mgrid[:height, :width]
    return np.asarray((rows - height / 2) ** 2 + (columns - width / 2) ** 2 < radius**2)


def noise(height: int, width: int) -> NDArray[np.uint8]:
    return np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8)


@pytest.mark.parametrize("size", [(64, 96), (61, 83), (9, 5), (1, 1)])
def test_a_mask_of_any_size_comes_back_as_it_was(size: tuple[int, int]) -> None:
    mask = disc(*size, min(size) / 3)
    drawn = untrained()(noise(*size), mask)
    assert drawn.shape == size
    assert drawn.dtype == np.float32
    assert ((drawn >= 0.5) == mask).all()


def test_what_the_network_says_moves_the_outline_and_only_as_far_as_it_reaches() -> None:
    net = Refiner().eval()
    with torch.no_grad():
        net.draw.bias.fill_(10.0)  # object everywhere
    outline = Outline(net, torch.device("cpu"), torch.float32)
    drawn = outline(noise(100, 100), disc(100, 100, 20)) > 0.5  # 6 px of 100
    assert drawn[disc(100, 100, 25)].all()
    assert not drawn[~disc(100, 100, 27)].any()


def test_an_object_larger_than_the_network_sees_is_seen_whole_and_small_first(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    outline = untrained()
    seen: list[tuple[int, ...]] = []
    drawn = outline.drawn

    def counted(image: NDArray[np.uint8], soft: NDArray[np.float32]) -> NDArray[np.float32]:
        seen.append(image.shape[:2])
        return drawn(image, soft)

    monkeypatch.setattr(outline, "drawn", counted)
    monkeypatch.setattr(outlines, "WHOLE_PX", 64)
    monkeypatch.setattr(outlines, "LARGE_PX", 128)
    outline(noise(96, 128), disc(96, 128, 30))
    assert seen == [(48, 64)]  # no tile: it is not large
    seen.clear()
    monkeypatch.setattr(outlines, "CORE_PX", 64)
    monkeypatch.setattr(outlines, "MARGIN_PX", 16)
    mask = disc(192, 256, 20)
    result = outline(noise(192, 256), mask)
    assert seen[0] == (48, 64)
    assert set(seen[1:]) == {(96, 96)}  # of 4 x 3 tiles the two that the outline is in
    assert len(seen) == 3
    assert ((result >= 0.5) != mask).mean() < 0.002


def test_tiles_lie_along_the_outline_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outlines, "CORE_PX", 10)
    monkeypatch.setattr(outlines, "MARGIN_PX", 3)
    soft = np.zeros((30, 40), np.float32)
    soft[:, 15:] = 1
    assert [(core[1], view[1]) for core, view in tiles(soft)] == [(slice(10, 20), slice(7, 23))] * 3
    assert [core[0] for core, _ in tiles(soft)] == [slice(0, 10), slice(10, 20), slice(20, 30)]


def test_images_are_normalised_as_sam_does() -> None:
    pixel = torch.tensor([[[[124, 116, 104]]]], dtype=torch.uint8)
    assert normalised(pixel).flatten().tolist() == pytest.approx(
        [0.00557, -0.0049, 0.00819], abs=1e-4
    )


def in_place_of_the_bundled(
    file: Path, monkeypatch: pytest.MonkeyPatch, sha256: str | None = None
) -> None:
    row = Checkpoint("refiner", "refiner", file.name, sha256 or sha256_of(file))
    monkeypatch.setattr(outlines, "REFINER", row)


def test_the_file_gives_the_network_that_was_exported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    net = Refiner().eval()
    with torch.no_grad():
        net.draw.weight.normal_(0, 0.1)
    file = tmp_path / "refiner.safetensors"
    export(net, file, {})
    assert file.stat().st_size < 3_000_000
    in_place_of_the_bundled(file, monkeypatch)
    loaded = load_refiner(tmp_path)
    image, mask = torch.randn(1, 3, 32, 32), torch.rand(1, 1, 32, 32)
    with torch.no_grad():
        assert torch.allclose(loaded(image, mask), net(image, mask), atol=0.02)


def test_a_file_with_another_hash_is_not_loaded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "refiner.safetensors"
    export(Refiner(), file, {})
    in_place_of_the_bundled(file, monkeypatch, sha256="0" * 64)
    with pytest.raises(WeightsError, match="damaged or not the refiner"):
        load_refiner(tmp_path)


def test_a_file_of_other_layers_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "refiner.safetensors"
    save_file({"draw.weight": torch.zeros(2, 2)}, file)
    in_place_of_the_bundled(file, monkeypatch)
    with pytest.raises(WeightsError, match=r"refiner\.safetensors holds no refiner"):
        load_refiner(tmp_path)


def test_it_begins_from_the_backbone_of_tiny(tmp_path: Path) -> None:
    file = tmp_path / "tiny.safetensors"
    stem = torch.full((32, 3, 3, 3), 0.25).half()
    save_file({"image_encoder.backbone.stem.weight": stem, "mask_decoder.x": torch.zeros(2)}, file)
    net = Refiner()
    begin_from(net, file)
    assert (net.backbone.stem.weight == 0.25).all()


def test_without_the_refiner_a_mask_is_drawn_as_it_is() -> None:
    drawn = Drawing().draw(noise(4, 6), np.array([[True, False]]))
    assert drawn.shape == (4, 6)
    assert (drawn >= 0.5).tolist() == [[True] * 3 + [False] * 3] * 4


def test_the_bundled_refiner_draws_a_wavering_outline_nearer_to_the_edge() -> None:
    """A bright disc on dark ground; its mask has cells of 8 px."""
    truth = disc(160, 160, 50)
    image = np.where(truth[..., None], 210, 40).astype(np.uint8).repeat(3, axis=2)
    image = np.clip(image.astype(int) + noise(160, 160) // 16, 0, 255).astype(np.uint8)
    cells = truth[4::8, 4::8].repeat(8, axis=0).repeat(8, axis=1)
    outline = load_outline(torch.device("cpu"), torch.float32)
    assert mask_iou(outline(image, cells) >= 0.5, truth) > mask_iou(cells, truth) + 0.01
