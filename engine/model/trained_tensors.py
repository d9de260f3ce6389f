"""A model's trainable tensors by name: out of it and into it."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn


def tensors_of(model: nn.Module) -> dict[str, Tensor]:
    """Every trainable tensor, detached and contiguous. Views: copy what should outlive a step."""
    return {
        name: parameter.detach().contiguous()
        for name, parameter in model.named_parameters()
        if parameter.requires_grad
    }


def put_tensors(model: nn.Module, tensors: Mapping[str, Tensor]) -> None:
    """Copy tensors into the model; all of them, or none when they don't fit.

    Raises:
        ValueError: Naming the first missing, extra or misshapen tensor.
    """
    own = tensors_of(model)
    problem = _misfit(own, tensors)
    if problem:
        raise ValueError(
            f"The state does not fit this model: {problem}. It was trained with another base model "
            "or another pool of tasks."
        )
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if name in own:
                parameter.copy_(tensors[name])


def _misfit(own: Mapping[str, Tensor], given: Mapping[str, Tensor]) -> str:
    for name in own:
        if name not in given:
            return f"tensor {name!r} is missing"
        if own[name].shape != given[name].shape:
            shapes = f"{tuple(given[name].shape)}, not {tuple(own[name].shape)}"
            return f"tensor {name!r} has shape {shapes}"
    extra = next((name for name in given if name not in own), None)
    return f"tensor {extra!r} is unknown" if extra is not None else ""
