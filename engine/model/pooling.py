"""One vector for a row: the mean of its tokens' states."""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor

from engine.model.batch import Batch

# Shape suffixes: R rows, T tokens, D width.


def masked_mean(states_RTD: Tensor, attention_RT: Tensor) -> Tensor:
    """(R, D) float32 mean over the positions with attention 1; NaN where a row has none."""
    weight_RT1 = attention_RT[:, :, None].float()
    return (states_RTD.float() * weight_RT1).sum(1) / weight_RT1.sum(1)


def without_prefix(batch: Batch) -> Batch:
    """The rows as the base model knows them: their prefix gone, what follows it closed up.

    Its `prefix_R` points at nothing any more.
    """
    at = int(batch.prefix_R[0])  # the same in every row

    def closed_up(values_RT: Tensor) -> Tensor:
        return torch.cat([values_RT[:, :at], values_RT[:, at + 1 :]], dim=1)

    return replace(
        batch,
        input_ids_RT=closed_up(batch.input_ids_RT),
        attention_RT=closed_up(batch.attention_RT),
        segments_RT=closed_up(batch.segments_RT),
        answer_RT=closed_up(batch.answer_RT),
        num_tokens=batch.num_tokens - len(batch.prefix_R),
    )
