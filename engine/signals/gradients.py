"""The mean gradient of a set of examples over the parameters that all tasks share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from engine.gains.evaluation import batches_by_length, evaluating
from engine.model.batch import Encoded
from engine.model.interface import TaskModel
from engine.training.failures import DivergedError

Gradient = Mapping[str, Tensor]
"""Parameter name -> its gradient, float32, on the model's device."""


def mean_gradient(
    model: TaskModel, encoded: Sequence[Encoded], *, batch_size: int = 16
) -> Gradient:
    """Gradient of the mean training loss of `encoded` over `model.shared_parameters()`.

    Dropout is off. Every example counts the same whatever its length, its batch or its neighbours.
    The model's own `.grad` is left alone; memory is two gradients.

    Args:
        model: Its parameters are not changed.
        encoded: At least one example.
        batch_size: Examples read together.

    Returns:
        Finite, zero where a parameter has no part in the loss.

    Raises:
        ValueError: If there is no example.
        DivergedError: If a gradient is not finite.
    """
    if not encoded:
        raise ValueError("A mean gradient needs at least one example, got none.")
    parameters = dict(model.shared_parameters())
    total = {
        name: torch.zeros_like(p, dtype=torch.float32, requires_grad=False)
        for name, p in parameters.items()
    }
    with evaluating(model), torch.enable_grad():
        for chunk in batches_by_length(encoded, batch_size):
            losses = model.losses(model.collate([encoded[i] for i in chunk]))
            parts = torch.autograd.grad(
                losses.sum() / len(encoded), list(parameters.values()), allow_unused=True
            )
            for sum_so_far, part in zip(total.values(), parts, strict=True):
                if part is not None:
                    sum_so_far += part.float()
    return _finite(total)


def flat(gradient: Gradient) -> Tensor:
    """(P,) float32, parameters in the order of their names."""
    return torch.cat([gradient[name].flatten() for name in sorted(gradient)])


def _finite(gradient: dict[str, Tensor]) -> dict[str, Tensor]:
    for name, values in gradient.items():
        if not values.isfinite().all():
            raise DivergedError(
                f"The gradient of {name} is not finite: the model at this checkpoint has diverged, "
                "or an example of the probe is broken."
            )
    return gradient
