"""Alignment: how far a step on a task is also a step on the target."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

# Shape suffixes: K tasks, P parameters.


def alignment(task_grad_KP: Tensor, target_grad_P: Tensor) -> NDArray[np.float64]:
    """Cosine of each task's gradient with the target's.

    Sums run in float64, each task by itself: a task's number is bit for bit the same whichever
    tasks stand beside it.

    Returns:
        (K,) in [-1, 1]; 0 where a gradient is zero, which is no evidence either way.

    Raises:
        ValueError: If the shapes disagree or a gradient is not finite.

    Source: Du et al. 2018, arXiv:1812.02224.
    """
    return alignment_and_descent(task_grad_KP, target_grad_P)[0]


def alignment_and_descent(
    task_grad_KP: Tensor, target_grad_P: Tensor
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Cosines as `alignment` gives them, and the inner products beside them.

    To first order an inner product is the fall of the target's loss, in nats, for a plain gradient
    step on the task's loss with learning rate 1.

    Returns:
        Both (K,).

    Raises:
        ValueError: As `alignment`.
    """
    if task_grad_KP.ndim != 2 or task_grad_KP.shape[1:] != target_grad_P.shape:
        raise ValueError(
            "Alignment needs gradients of shape (K, P) and (P,), got "
            f"{tuple(task_grad_KP.shape)} and {tuple(target_grad_P.shape)}."
        )
    target, target_norm = _unit(target_grad_P)
    cosines, products = np.zeros(len(task_grad_KP)), np.zeros(len(task_grad_KP))
    for row, task_grad_P in enumerate(task_grad_KP):
        task, task_norm = _unit(task_grad_P)
        cosines[row] = np.clip((task * target).sum(dtype=torch.float64).item(), -1.0, 1.0)
        products[row] = cosines[row] * task_norm * target_norm
    return cosines, products


def _unit(x_P: Tensor) -> tuple[Tensor, float]:
    """`x_P` at length 1 (zeros stay zeros), float32, and its length."""
    x_P = x_P.detach().float()
    # Peak first: the square of 1e-30 is 0 in float32, that of 1e30 infinite.
    peak = x_P.abs().max().item() if x_P.numel() else 0.0
    if not np.isfinite(peak):
        raise ValueError(
            "Alignment got a gradient that is not finite in float32; look at the probe's losses."
        )
    if peak == 0:
        return x_P, 0.0
    scaled = x_P / peak
    length = scaled.square().sum(dtype=torch.float64).sqrt().item()
    return scaled / length, peak * length
