"""The optimiser: Muon for matrices and kernels, AdamW for what is small, one step for both."""

from __future__ import annotations

import copy

import pytest
import torch
from torch import nn

from automask.tiny_training.optimise import Backbone, Optimiser


def layers() -> nn.Sequential:
    """A kernel, 32 x 36 as a matrix, and a matrix of 32 x 32, each with a bias; not to be run."""
    torch.manual_seed(0)
    model = nn.Sequential(nn.Conv2d(4, 32, 3), nn.Linear(32, 32))
    return model.to(memory_format=torch.channels_last)


def give_gradients(model: nn.Module, seed: int) -> None:
    generator = torch.Generator().manual_seed(seed)
    for parameter in model.parameters():
        parameter.grad = torch.randn(parameter.shape, generator=generator)


def distance(parameter: torch.Tensor) -> torch.Tensor:
    """To 1, root mean square."""
    return ((parameter - 1) ** 2).mean().sqrt()


def values(model: nn.Module) -> torch.Tensor:
    return torch.cat([p.detach().flatten() for p in model.parameters()])


def test_a_kernels_matrix_is_the_kernels_own_memory() -> None:
    model = layers()
    matrices = [view for _, view in Optimiser(model, 0.0).matrices]
    assert [m.shape for m in matrices] == [(32, 36), (32, 32)]
    with torch.no_grad():
        matrices[0].fill_(7.0)
        matrices[1].fill_(8.0)
    assert (model[0].weight == 7).all()
    assert (model[1].weight == 8).all()


@pytest.mark.parametrize("name", ["0.weight", "0.bias", "1.weight", "1.bias"])
def test_a_step_changes_the_models_own_parameters(name: str) -> None:
    model = layers()
    before = model.get_parameter(name).detach().clone()
    optimiser = Optimiser(model, 0.0)
    give_gradients(model, 0)
    optimiser.step(0.01)
    assert (model.get_parameter(name) != before).float().mean() > 0.99


def test_steps_lower_a_loss_in_every_parameter() -> None:
    model = layers()
    optimiser = Optimiser(model, 0.0)
    before = [distance(p).item() for p in model.parameters()]
    for _ in range(5):
        torch.stack([distance(p) for p in model.parameters()]).sum().backward()
        optimiser.step(0.05)
    after = [distance(p).item() for p in model.parameters()]
    assert all(late < early for early, late in zip(before, after, strict=True))


def test_small_tensors_get_adamws_first_step_of_one_learning_rate() -> None:
    narrow = nn.Linear(32, 31)  # a side of 31 and one of 3 * 3 * 3 are below 32
    first_layer = nn.Conv2d(3, 64, 3)
    model = nn.Sequential(narrow, first_layer, nn.Linear(32, 32))
    optimiser = Optimiser(model, 0.0)
    assert [parameter is model[2].weight for parameter, _ in optimiser.matrices] == [True]
    before = copy.deepcopy(model)
    for parameter in model.parameters():
        parameter.grad = torch.full_like(parameter, 3.0)
    optimiser.step(0.01)
    for name in ("0.weight", "0.bias", "1.weight", "1.bias", "2.bias"):
        moved = before.get_parameter(name) - model.get_parameter(name)
        assert torch.allclose(moved, torch.tensor(0.01), atol=1e-5)


def test_a_matrix_moves_all_its_directions_alike() -> None:
    # Of a gradient with singular values from 1 to 0.1, the orthogonal matrix is the identity; a
    # step has the root mean square that AdamW's would have: 0.2 * sqrt(128) on the diagonal.
    model = nn.Linear(128, 128)
    before = model.weight.detach().clone()
    model.weight.grad = torch.diag(torch.linspace(1, 0.1, 128))
    Optimiser(model, 0.0).step(0.01)
    moved = (before - model.weight.detach()) / (0.01 * 0.2 * 128**0.5)
    diagonal = torch.diag(moved)
    assert diagonal.min() > 0.6  # five iterations come this near to 1, by the paper
    assert diagonal.max() < 1.4
    assert (moved - torch.diag(diagonal)).abs().max() < 0.01


def test_a_kernel_moves_as_its_matrix_does() -> None:
    kernel = nn.Conv2d(4, 32, 3).to(memory_format=torch.channels_last)
    matrix = nn.Linear(36, 32)
    with torch.no_grad():
        matrix.weight.copy_(kernel.weight.permute(0, 2, 3, 1).reshape(32, 36))
    gradient = torch.randn(32, 4, 3, 3, generator=torch.Generator().manual_seed(0))
    kernel.weight.grad = gradient
    matrix.weight.grad = gradient.permute(0, 2, 3, 1).reshape(32, 36)
    for model in (kernel, matrix):
        Optimiser(model, 0.0).step(0.01)
    assert torch.equal(kernel.weight.permute(0, 2, 3, 1).reshape(32, 36), matrix.weight)


def test_matrices_decay_and_small_tensors_do_not() -> None:
    model = layers()
    before = copy.deepcopy(model)
    optimiser = Optimiser(model, weight_decay=0.2)
    for parameter in model.parameters():
        parameter.grad = torch.zeros_like(parameter)
    optimiser.step(0.5)
    assert torch.allclose(model[0].weight, 0.9 * before[0].weight)  # 1 - 0.5 * 0.2
    assert torch.allclose(model[1].weight, 0.9 * before[1].weight)
    assert torch.equal(model[0].bias, before[0].bias)
    assert torch.equal(model[1].bias, before[1].bias)


def test_a_backbone_steps_at_its_share_of_the_rate_and_decays_too() -> None:
    # AdamW's first step is the rate itself, whatever the gradient; its decay comes before.
    model = layers()
    kernel = model[0]
    with torch.no_grad():
        kernel.weight.fill_(1.0)
        kernel.bias.fill_(1.0)
    optimiser = Optimiser(model, 0.0, Backbone(kernel.parameters(), rate=0.25, weight_decay=0.1))
    assert [parameter is model[1].weight for parameter, _ in optimiser.matrices] == [True]
    for parameter in model.parameters():
        parameter.grad = torch.full_like(parameter, 3.0)
    optimiser.step(0.04)
    expected = torch.tensor(1 - 0.01 * 0.1 - 0.01)
    assert torch.allclose(kernel.weight, expected, atol=1e-5)
    assert torch.allclose(kernel.bias, expected, atol=1e-5)


def test_a_step_drops_the_gradients_it_has_used() -> None:
    model = layers()
    optimiser = Optimiser(model, 0.0)
    give_gradients(model, 0)
    optimiser.step(0.01)
    assert all(p.grad is None for p in model.parameters())


def test_what_got_no_gradient_stays_after_a_step_that_gave_it_one() -> None:
    model = layers()
    optimiser = Optimiser(model, weight_decay=0.2)
    give_gradients(model, 0)
    optimiser.step(0.01)
    before = values(model)
    optimiser.step(0.01)
    assert torch.equal(values(model), before)


def test_a_saved_state_gives_the_same_next_step() -> None:
    model = layers()
    optimiser = Optimiser(model, 0.0)
    give_gradients(model, 0)
    optimiser.step(0.01)
    twin, fresh = copy.deepcopy(model), copy.deepcopy(model)
    restored = Optimiser(twin, 0.0)
    restored.load_state_dict(copy.deepcopy(optimiser.state_dict()))

    for each, steps_of in ((model, optimiser), (twin, restored), (fresh, Optimiser(fresh, 0.0))):
        give_gradients(each, 1)
        steps_of.step(0.01)
    assert torch.equal(values(twin), values(model))
    for name, parameter in fresh.named_parameters():  # both optimisers remember their first step
        assert not torch.equal(parameter, model.get_parameter(name))
