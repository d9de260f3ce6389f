"""Models of which only small matrices beside frozen layers are trained, as LoRA has them."""

from __future__ import annotations

from typing import TypeVar

import torch
from torch import Tensor, nn
from transformers.pytorch_utils import Conv1D

Model = TypeVar("Model", bound=nn.Module)


class Adapted(nn.Module):
    """A frozen layer plus a trained product of two small matrices."""

    def __init__(self, layer: nn.Module, width: int, out: int, *, seed: int) -> None:
        super().__init__()
        self.layer = layer
        self.down = nn.Linear(width, 4, bias=False)
        self.up = nn.Linear(4, out, bias=False)
        generator = torch.Generator().manual_seed(seed)
        with torch.no_grad():
            for small in (self.down, self.up):
                small.weight.copy_(torch.randn(small.weight.shape, generator=generator) * 0.2)

    def forward(self, given: Tensor) -> Tensor:
        out: Tensor = self.layer(given) + self.up(self.down(given))
        return out


def with_lora(model: Model) -> Model:
    """Freeze the network; adapt its attention's and feed-forward layers."""
    network = model.network
    assert isinstance(network, nn.Module)
    network.requires_grad_(False)
    layers = [
        (parent, name, child)
        for parent in network.modules()
        for name, child in parent.named_children()
        if type(child) in (nn.Linear, Conv1D)
    ]
    for seed, (parent, name, child) in enumerate(layers):
        if name == "lm_head":
            continue
        sizes = next(child.parameters()).shape
        width, out = sizes if isinstance(child, Conv1D) else sizes[::-1]
        setattr(parent, name, Adapted(child, width, out, seed=seed))
    return model
