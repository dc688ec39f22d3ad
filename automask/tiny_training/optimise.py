"""The optimiser: Muon for the matrices, AdamW for everything else.

Muon (Jordan et al., 2024) takes the step in the nearest orthogonal matrix's direction, so that no
direction of a layer starves. Measured here from one state on the same 450 batches: the loss of the
saliency map fell to 0.424, with AdamW to 0.446, for a step a quarter slower. A backbone that comes
from other training is AdamW's throughout, at a lower rate: it has more to lose than to learn.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

SMALLEST_SIDE = 32  # of a matrix for Muon; what is smaller (tokens, first layer) is AdamW's


@dataclass(frozen=True)
class Backbone:
    """Parameters that come from other training, and how they learn."""

    parameters: Iterable[nn.Parameter] = ()
    rate: float = 0.2  # share of the learning rate
    weight_decay: float = 0.01


class Optimiser:
    """Both optimisers as one; kernels are seen as matrices, their first axis x everything else.

    The matrices share their memory with the model's parameters, which must be channels-last and
    stay where they are. weight_decay: of the matrices. Raises ValueError for a kernel that is not
    channels-last, RuntimeError where torch has no Muon (before 2.9).
    """

    def __init__(
        self, model: nn.Module, weight_decay: float, backbone: Backbone | None = None
    ) -> None:
        if not hasattr(torch.optim, "Muon"):
            raise RuntimeError(
                f"training needs torch 2.9 or newer for Muon; this is {torch.__version__}"
            )
        self.model = model
        backbone = backbone or Backbone()
        old = list(backbone.parameters)
        known = set(map(id, old))
        parameters = [p for p in model.parameters() if id(p) not in known]
        self.matrices = [(p, nn.Parameter(_matrix(p.data))) for p in parameters if _is_matrix(p)]
        if any(p.data_ptr() != view.data_ptr() for p, view in self.matrices):
            raise ValueError("a kernel is not channels-last: call .to(memory_format=...) first")
        rest = [p for p in parameters if not _is_matrix(p)]
        views = [view for _, view in self.matrices]
        # match_rms_adamw: steps of AdamW's size, so that one learning rate serves both.
        self.muon = torch.optim.Muon(
            views, lr=0.0, weight_decay=weight_decay, adjust_lr_fn="match_rms_adamw"
        )
        groups: list[dict[str, Any]] = [{"params": rest, "weight_decay": 0.0, "rate": 1.0}]
        if old:
            decay = backbone.weight_decay
            groups.append({"params": old, "weight_decay": decay, "rate": backbone.rate})
        self.adamw = torch.optim.AdamW(groups, lr=0.0, fused=True)

    def step(self, learning_rate: float) -> None:
        """One step with the gradients that the model's parameters hold, then drops them."""
        for parameter, view in self.matrices:
            view.grad = None if parameter.grad is None else _matrix(parameter.grad)
        for optimiser in (self.muon, self.adamw):
            for group in optimiser.param_groups:
                group["lr"] = learning_rate * group.get("rate", 1.0)
            optimiser.step()
        self.model.zero_grad()

    def state_dict(self) -> dict[str, Any]:
        """The state of both optimisers."""
        return {"muon": self.muon.state_dict(), "adamw": self.adamw.state_dict()}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Restore the state of both optimisers."""
        self.muon.load_state_dict(state["muon"])
        self.adamw.load_state_dict(state["adamw"])


def _matrix(value: Tensor) -> Tensor:
    """A matrix, or a kernel as one; a view of the same memory where that is channels-last."""
    return value.permute(0, 2, 3, 1).reshape(len(value), -1) if value.ndim == 4 else value


def _is_matrix(value: Tensor) -> bool:
    return value.ndim in (2, 4) and min(_matrix(value).shape) >= SMALLEST_SIDE
