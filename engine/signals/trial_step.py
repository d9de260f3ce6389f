"""A step that is only tried: parameters moved for a look, then exactly as they were."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import torch
from torch import Tensor, nn

from engine.signals.gradients import Gradient


@contextmanager
def moved(parameters: Mapping[str, nn.Parameter], direction: Gradient, by: float) -> Iterator[None]:
    """Add `by` times the direction inside; bit for bit what they were afterwards."""
    before = {name: parameter.detach().clone() for name, parameter in parameters.items()}
    try:
        with torch.no_grad():
            for name, parameter in parameters.items():
                parameter.add_(direction[name], alpha=by)
        yield
    finally:
        # Put back, not moved back: a sum and a difference need not be what was there.
        with torch.no_grad():
            for name, parameter in parameters.items():
                parameter.copy_(before[name])


def length_of(tensors: Mapping[str, Tensor]) -> float:
    """Euclidean length of all tensors as one vector."""
    lengths = [torch.linalg.vector_norm(t, dtype=torch.float64).item() for t in tensors.values()]
    return float(torch.tensor(lengths, dtype=torch.float64).norm())
