"""Losses of a probe, example by example: forward passes only."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from engine.gains.evaluation import batches_by_length, evaluating
from engine.model.batch import Encoded
from engine.model.interface import TaskModel


def losses_of(
    model: TaskModel, encoded: Sequence[Encoded], *, batch_size: int = 16
) -> NDArray[np.float64]:
    """(n,) training losses in the examples' order, nats, dropout off; not all need be finite."""
    losses_n = np.zeros(len(encoded))
    with evaluating(model), torch.inference_mode():
        for chunk in batches_by_length(encoded, batch_size):
            losses = model.losses(model.collate([encoded[i] for i in chunk]))
            losses_n[chunk] = losses.double().cpu().numpy()
    return losses_n


def mean_with_se(losses_n: NDArray[np.float64]) -> tuple[float, float]:
    """Mean and standard error; NaN where a loss is not finite, or for the error of one alone."""
    if not np.isfinite(losses_n).all():
        return float("nan"), float("nan")
    if len(losses_n) < 2:
        return float(losses_n.mean()), float("nan")
    return float(losses_n.mean()), float(losses_n.std(ddof=1) / len(losses_n) ** 0.5)
