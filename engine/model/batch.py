"""Tokenised examples, one by one and as a batch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

# Shape suffixes: B examples, R rows (one per example and answer that is read alone), T tokens.


@dataclass(frozen=True, slots=True, eq=False)
class Row:
    """One sequence as the model reads it.

    The task's prefix stands at position 1 (0 where the model has no start token).
    """

    ids: NDArray[Any]
    """(T,) whole numbers of any width, often a view of a file: not to be written to."""
    num_first: int
    """Tokens up to the pair or option: their token type, as BERT calls it, is 0, the others' 1."""
    answer_start: int
    """First position of the answer's tokens (decoders); len(ids) where no loss is on tokens."""

    def __eq__(self, other: object) -> bool:
        # Arrays have no truth value, so that what a dataclass would do raises.
        if not isinstance(other, Row):
            return NotImplemented
        places = (self.num_first, self.answer_start) == (other.num_first, other.answer_start)
        return places and np.array_equal(self.ids, other.ids)


@dataclass(frozen=True, slots=True)
class Encoded:
    """One example, tokenised."""

    task: int
    """Index of the task in the pool's order: selects prefix and head."""
    rows: tuple[Row, ...]
    """One row (labels and score, encoder), else one for each possible answer."""
    gold: float
    """Index of the right label or option; the score itself for kind "score"; 1 for kind "text"."""

    @property
    def num_tokens(self) -> int:
        return sum(len(row.ids) for row in self.rows)


@dataclass(frozen=True, slots=True)
class Batch:
    """Examples of any tasks side by side, padded to the longest row."""

    input_ids_RT: Tensor
    """int64; the prefix's position holds the padding id and is replaced by the prefix vector."""
    attention_RT: Tensor
    """int64, 1 where there is a token."""
    segments_RT: Tensor
    """int64."""
    answer_RT: Tensor
    """bool, True on the tokens of an answer (decoders); all False for encoders."""
    prefix_R: Tensor
    """int64, position of the prefix in each row."""
    example_R: Tensor
    """int64, the example (0..B-1) a row belongs to; its rows are adjacent, in answer order."""
    task_B: Tensor
    """int64, index of the task in the pool's order."""
    gold_B: Tensor
    """float32, as `Encoded.gold`."""
    num_tokens: int
    """Padding not counted."""
