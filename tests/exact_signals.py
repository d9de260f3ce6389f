"""Alignment as it is defined: every gradient in full, by plain backward passes, in float64."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from engine.model.batch import Encoded
from engine.model.interface import TaskModel

Exact = Mapping[str, Tensor]


def exact_gradient(model: TaskModel, encoded: Sequence[Encoded]) -> Exact:
    """Gradient of the mean loss over the shared parameters, example by example."""
    shared = model.shared_parameters()
    total = {name: torch.zeros_like(p, dtype=torch.float64) for name, p in shared.items()}
    for example in encoded:
        loss = model.losses(model.collate([example])).sum()
        if loss.requires_grad:
            parts = torch.autograd.grad(loss, list(shared.values()), allow_unused=True)
            for name, part in zip(shared, parts, strict=True):
                if part is not None:
                    total[name] += part.double() / len(encoded)
    return {name: values.detach() for name, values in total.items()}


def inner(one: Exact, other: Exact) -> float:
    """Inner product over all parameters."""
    return sum((one[name] * other[name]).sum().item() for name in one)


def cosine(one: Exact, other: Exact) -> float:
    """Of two gradients that are not zero."""
    return inner(one, other) / float((inner(one, one) * inner(other, other)) ** 0.5)
