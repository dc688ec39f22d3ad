"""The ImageNet weights of the registry package: do they see what is in a photograph?"""

from __future__ import annotations

import pytest
import torch
from skimage import data

from automask.errors import InstallationError, WeightsError
from automask.image.sizes import shrink
from automask.train import imagenet
from automask.train.batches import normalised
from automask.train.imagenet import imagenet_state
from automask.train.nets import load_imagenet, make_encoder
from automask.train.settings import DEFAULT_ENCODER

EGYPTIAN_CAT, ESPRESSO = 285, 967  # classes of ImageNet


def named(photograph: torch.Tensor) -> tuple[int, float]:
    """The likeliest class and its probability, by the encoder and the package's last layer."""
    encoder = make_encoder(DEFAULT_ENCODER).eval()
    names = [*encoder.state_dict(), "classifier.weight", "classifier.bias"]
    state = imagenet_state(DEFAULT_ENCODER, names)
    encoder.load_state_dict({name: state[name] for name in encoder.state_dict()})
    with torch.inference_mode():
        deep = encoder(photograph)[-1]
        head = encoder.bn2(encoder.conv_head(deep)).mean(dim=(2, 3))
        likely = (head @ state["classifier.weight"].T + state["classifier.bias"]).softmax(1)[0]
    return int(likely.argmax()), float(likely.max())


@pytest.mark.parametrize(("name", "expected"), [("chelsea", EGYPTIAN_CAT), ("coffee", ESPRESSO)])
def test_the_encoder_names_a_sample_photograph(name: str, expected: int) -> None:
    image = shrink(getattr(data, name)(), 320)
    height, width = image.shape[0] // 32 * 32, image.shape[1] // 32 * 32
    pixels = torch.from_numpy(image[:height, :width].copy()).permute(2, 0, 1)[None]
    found, probability = named(normalised(pixels))
    assert found == expected
    assert probability > 0.4


def test_a_network_begins_with_them() -> None:
    encoder = make_encoder(DEFAULT_ENCODER)

    class Net(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.encoder = encoder

    before = encoder.conv_stem.weight.clone()
    load_imagenet(Net(), DEFAULT_ENCODER)
    assert not torch.equal(before, encoder.conv_stem.weight)


def test_another_network_is_refused() -> None:
    with pytest.raises(WeightsError, match=r"has 296 tensors, .*lite0 has 2"):
        imagenet_state(DEFAULT_ENCODER, ["a.weight", "b.weight"])


def test_a_package_that_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(imagenet.PACKAGES, "some", ("no-such-package", "ModelFile"))
    with pytest.raises(InstallationError, match="pip install no-such-package"):
        imagenet_state("some", [])
