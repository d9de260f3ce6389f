"""AdamW with a rate for the body, a higher one for heads, and one for prefixes."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from engine.model.interface import TaskModel

HEAD_RATE = 10.0
"""Heads (and the branches' prefixes) learn this many times faster than the body: they start from
nothing, the body from a pretrained network."""

_PREFIXES = "prefix_table."
_CLIP = 1.0
_BETA_2 = 0.999


@dataclass(frozen=True, kw_only=True, slots=True)
class Rates:
    """Peak learning rates."""

    body: float
    prefixes: float
    weight_decay: float = 0.01
    """Of the body's matrices; vectors, heads and prefixes have none, so that what is not trained
    stays exactly as it is."""


class Optimizer:
    """AdamW over all trainable parameters, gradients clipped to norm 1.

    Source: Loshchilov and Hutter, arXiv:1711.05101.
    """

    def __init__(self, model: TaskModel, rates: Rates) -> None:
        self._shared = shared = model.shared_parameters()
        body = list(shared.values())
        rest = [(n, p) for n, p in model.named_parameters() if p.requires_grad and n not in shared]
        prefixes = [p for name, p in rest if name.startswith(_PREFIXES)]
        heads = [p for name, p in rest if not name.startswith(_PREFIXES)]
        decay = rates.weight_decay
        self._peaks = [rates.body, rates.body, rates.body * HEAD_RATE, rates.prefixes]
        self._parameters: list[nn.Parameter] = [*body, *heads, *prefixes]
        self._adamw = torch.optim.AdamW(
            [
                {"params": [p for p in body if p.ndim > 1], "weight_decay": decay},
                {"params": [p for p in body if p.ndim <= 1], "weight_decay": 0.0},
                {"params": heads, "weight_decay": 0.0},
                {"params": prefixes, "weight_decay": 0.0},
            ],
            lr=rates.body,
            betas=(0.9, _BETA_2),
            fused=True,
        )

    def step(self, factor: float) -> float:
        """Update with the peak rates times `factor`, and clear the gradients.

        Returns:
            The gradients' norm before clipping. When it is not finite nothing is updated.
        """
        norm = float(nn.utils.clip_grad_norm_(self._parameters, _CLIP))
        if norm - norm == 0.0:  # finite
            for group, peak in zip(self._adamw.param_groups, self._peaks, strict=True):
                group["lr"] = peak * factor
            self._adamw.step()
        self._adamw.zero_grad(set_to_none=True)
        return norm

    def second_moments(self) -> dict[str, Tensor]:
        """Adam's running means of squared gradients by shared parameter, corrected for the start.

        A coordinate that no step has touched has no size of its own, and gets the mean of those of
        its parameter that have: divided by its root, it would outweigh all others.
        """
        moments = {}
        for name, parameter in self._shared.items():
            state = self._adamw.state.get(parameter)
            if not state:  # before the first step
                moments[name] = torch.ones_like(parameter, requires_grad=False)
                continue
            mean = state["exp_avg_sq"] / (1 - _BETA_2 ** float(state["step"]))
            touched = mean > 0
            moments[name] = torch.where(touched, mean, _mean(mean[touched]))
        return moments


def _mean(values: Tensor) -> Tensor:
    return values.mean() if values.numel() else torch.ones((), device=values.device)


def rate_factor(step: int, *, steps: int, rise: float) -> float:
    """Share of the peak learning rate at a step: rises over `rise * steps`, then falls to 0.

    Args:
        step: From 0.
        steps: Of the whole schedule, at least 1.
        rise: From 0 to 1.

    Returns:
        Above 0 at every step, so that none is wasted, and at most 1.
    """
    rising = round(rise * steps)
    if step < rising:
        return (step + 1) / (rising + 1)
    return (steps - step) / max(1, steps - rising)
