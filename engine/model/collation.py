"""Tokenised examples side by side: padding, and where each example's rows lie."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from engine.model.batch import Batch, Encoded

# Shape suffixes: B examples, R rows, T tokens, C answers.


def collate(
    examples: Sequence[Encoded], *, pad_id: int, prefix_at: int, device: torch.device
) -> Batch:
    """Pad to the longest row; every row has its prefix at position `prefix_at`.

    Raises:
        ValueError: If there are no examples.
    """
    if not examples:
        raise ValueError("A batch needs at least one example.")
    rows = [row for example in examples for row in example.rows]
    lengths = np.array([len(row.ids) for row in rows])
    position = np.arange(lengths.max())
    attention = position < lengths[:, None]
    ids = np.full(attention.shape, pad_id)
    ids[attention] = np.concatenate([row.ids for row in rows])
    num_first = np.array([row.num_first for row in rows])
    starts = np.array([row.answer_start for row in rows])
    segments = attention & (position >= num_first[:, None])
    counts = [len(example.rows) for example in examples]
    return Batch(
        input_ids_RT=torch.from_numpy(ids).to(device),
        attention_RT=torch.from_numpy(attention.astype(np.int64)).to(device),
        segments_RT=torch.from_numpy(segments.astype(np.int64)).to(device),
        answer_RT=torch.from_numpy(attention & (position >= starts[:, None])).to(device),
        prefix_R=torch.full((len(rows),), prefix_at, device=device),
        example_R=torch.from_numpy(np.repeat(np.arange(len(examples)), counts)).to(device),
        task_B=torch.tensor([example.task for example in examples], device=device),
        gold_B=torch.tensor(
            [example.gold for example in examples], dtype=torch.float32, device=device
        ),
        num_tokens=int(lengths.sum()),
    )


@dataclass(frozen=True, slots=True)
class Layout:
    """Where the rows of each example lie in a batch."""

    first_B: Tensor
    """int64, first row of each example."""
    count_B: Tensor
    """int64, its number of rows."""


def layout(batch: Batch) -> Layout:
    """Where each example's rows lie; both tensors of shape (B,)."""
    count_B = torch.bincount(batch.example_R, minlength=len(batch.task_B))
    return Layout(first_B=count_B.cumsum(0) - count_B, count_B=count_B)


def answer_grid(count_B: Tensor) -> tuple[Tensor, Tensor]:
    """Number of each answer and whether it exists, both (B, C) with C the most answers of one."""
    answer_C = torch.arange(int(count_B.max()), device=count_B.device)
    answer_BC = answer_C.expand(len(count_B), -1)
    return answer_BC, answer_BC < count_B[:, None]


def rows_alone(batch: Batch, row_B: Tensor) -> Batch:
    """The batch with one row of each example, padding trimmed."""
    attention = batch.attention_RT[row_B]
    width = int(attention.sum(1).max())
    return replace(
        batch,
        input_ids_RT=batch.input_ids_RT[row_B, :width],
        attention_RT=attention[:, :width],
        segments_RT=batch.segments_RT[row_B, :width],
        answer_RT=batch.answer_RT[row_B, :width],
        prefix_R=batch.prefix_R[row_B],
        example_R=torch.arange(len(row_B), device=row_B.device),
        num_tokens=int(attention.sum()),
    )
