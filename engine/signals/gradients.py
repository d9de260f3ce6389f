"""The mean gradient of a set of examples over the parameters that all tasks share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from engine.gains.evaluation import batches_by_length, evaluating
from engine.model.batch import Encoded
from engine.model.interface import TaskModel
from engine.training.failures import DivergedError

Gradient = Mapping[str, Tensor]
"""Parameter name -> its gradient, float32, on the model's device."""


@dataclass(frozen=True, slots=True)
class Passed:
    """What a pass forward and back over some examples gives."""

    gradient: Gradient
    losses_n: NDArray[np.float64]
    """Of the examples, in no order."""


def mean_gradient(
    model: TaskModel, encoded: Sequence[Encoded], *, batch_size: int = 16
) -> Gradient:
    """Gradient of the mean training loss of `encoded` by all shared parameters.

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
        DivergedError: If the loss or a gradient is not finite.
    """
    if not encoded:
        raise ValueError("A mean gradient needs at least one example, got none.")
    shared = model.shared_parameters()
    return read_through(model, encoded, shared, among=len(encoded), batch_size=batch_size).gradient


def read_through(
    model: TaskModel,
    encoded: Sequence[Encoded],
    parameters: Mapping[str, nn.Parameter],
    *,
    among: int,
    leaves: list[Tensor] | None = None,
    batch_size: int = 16,
) -> Passed:
    """What `encoded` adds to the gradient of the mean loss of `among` examples; and the losses.

    Args:
        model: As for `mean_gradient`.
        encoded: Some of the `among` examples, or all of them.
        parameters: By whose change.
        among: Parts that add up to a mean gradient have the same number.
        leaves: Tensors that a forward pass adds, to which gradients are to flow as well (see
            `taps.listening`); emptied.
        batch_size: Examples read together.

    Raises:
        DivergedError: If a loss or a gradient is not finite.
    """
    leaves = [] if leaves is None else leaves
    total = {
        name: torch.zeros_like(p, dtype=torch.float32, requires_grad=False)
        for name, p in parameters.items()
    }
    seen: list[NDArray[np.float64]] = []
    with evaluating(model), torch.enable_grad():
        for chunk in batches_by_length(encoded, batch_size):
            losses = model.losses(model.collate([encoded[i] for i in chunk]))
            try:
                parts = _gradients(losses.sum() / among, [*parameters.values(), *leaves])
            finally:
                leaves.clear()
            seen.append(losses.detach().double().cpu().numpy())
            # The leaves' own gradients went to whoever listens there.
            for sum_so_far, part in zip(total.values(), parts, strict=False):
                if part is not None:
                    sum_so_far += part.float()
    return Passed(gradient=finite(total), losses_n=np.concatenate(seen))


def finite(gradient: dict[str, Tensor]) -> dict[str, Tensor]:
    """The gradient itself.

    Raises:
        DivergedError: If a number of it is not finite.
    """
    for name, values in gradient.items():
        if not values.isfinite().all():
            raise DivergedError(
                f"The gradient of {name} is not finite: the model at this checkpoint has diverged, "
                "or an example of the probe is broken."
            )
    return gradient


def _gradients(loss: Tensor, inputs: Sequence[Tensor]) -> Sequence[Tensor | None]:
    if not loss.isfinite():
        raise DivergedError(
            "The loss of a probe is not finite: the model at this checkpoint has diverged, or an "
            "example of the probe is broken."
        )
    if not inputs or not loss.requires_grad:  # everything is frozen
        return [None] * len(inputs)
    return torch.autograd.grad(loss, inputs, allow_unused=True)
