"""A split's tokens end to end in a few arrays; an example is made when it is asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, overload

import numpy as np
from numpy.typing import NDArray

from engine.model.batch import Encoded, Row
from tasks import Example

# Shape suffixes: N examples, R rows, T tokens of all rows.

Arrays = Mapping[str, NDArray[Any]]

PART = 2_000
"""Examples read together: enough for a tokenizer's threads, and memory stays small."""


class EncodedSplit(Sequence[Encoded]):
    """Tokenised examples of one task over flat arrays, in memory or mapped from a file.

    Examples that were asked for are kept, for many are trained on again: some hundred bytes each,
    their tokens not counted, which stay where they are.
    """

    def __init__(self, task: int, arrays: Arrays) -> None:
        """Hold arrays.

        Args:
            task: Index in the pool's order; the arrays know no task, for pools differ.
            arrays: As `encoded_split` makes them: `ids` (T,), `row_starts` (R+1,), `num_first`
                (R,), `answer_start` (R,), `first_rows` (N+1,), `gold` (N,).
        """
        self._task, self.arrays = task, arrays
        self._ids = arrays["ids"]
        self._made: dict[int, Encoded] = {}
        # One number of a memoryview costs a third of one of an array.
        self._starts, self._num_first, self._answer_start, self._first_rows, self._gold = (
            arrays[name].data
            for name in ("row_starts", "num_first", "answer_start", "first_rows", "gold")
        )

    def __len__(self) -> int:
        return len(self._gold)

    @overload
    def __getitem__(self, index: int) -> Encoded: ...
    @overload
    def __getitem__(self, index: slice) -> list[Encoded]: ...
    def __getitem__(self, index: int | slice) -> Encoded | list[Encoded]:
        if isinstance(index, slice):
            return [self._example(number) for number in range(len(self))[index]]
        return self._example(range(len(self))[index])

    @property
    def num_tokens(self) -> NDArray[np.int64]:
        """(N,) tokens of all rows of each example."""
        lengths: NDArray[np.int64] = np.diff(self.arrays["row_starts"][self.arrays["first_rows"]])
        return lengths

    @property
    def num_right_tokens(self) -> NDArray[np.int64]:
        """(N,) tokens of the row of each example's right answer, or of its only row."""
        first = self.arrays["first_rows"]
        of_answers = np.where(np.diff(first) > 1, self.arrays["gold"], 0).astype(np.int64)
        lengths: NDArray[np.int64] = np.diff(self.arrays["row_starts"])[first[:-1] + of_answers]
        return lengths

    def _example(self, number: int) -> Encoded:
        found = self._made.get(number)
        if found is None:
            first, after = self._first_rows[number], self._first_rows[number + 1]
            rows = tuple([self._row(row) for row in range(first, after)])
            found = self._made[number] = Encoded(self._task, rows, self._gold[number])
        return found

    def _row(self, row: int) -> Row:
        ids = self._ids[self._starts[row] : self._starts[row + 1]]
        return Row(ids, self._num_first[row], self._answer_start[row])


def encoded_split(
    task: int,
    examples: Sequence[Example],
    read: Callable[[int, Sequence[Example], int], Sequence[Encoded]],
) -> EncodedSplit:
    """Read all of `examples`, some at a time.

    Args:
        task: Index in the pool's order.
        examples: Of the task.
        read: Reads a part: the task, the examples, the number of the first of them.
    """
    parts = [
        _flat(read(task, examples[start : start + PART], start))
        for start in range(0, len(examples), PART)
    ]
    parts = parts or [_flat([])]
    flat = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    # The narrowest type halves the file of nearly every vocabulary.
    narrow = np.min_scalar_type(int(flat["ids"].max(initial=0)))
    return EncodedSplit(
        task,
        {
            "ids": flat["ids"].astype(narrow),
            "row_starts": _starts(flat["row_lengths"]),
            "num_first": flat["num_first"],
            "answer_start": flat["answer_start"],
            "first_rows": _starts(flat["num_rows"]),
            "gold": flat["gold"],
        },
    )


def _flat(examples: Sequence[Encoded]) -> dict[str, NDArray[Any]]:
    rows = [row for example in examples for row in example.rows]
    return {
        "ids": np.concatenate([np.empty(0, dtype=np.int32), *(row.ids for row in rows)]),
        "row_lengths": np.array([len(row.ids) for row in rows], dtype=np.int64),
        "num_first": np.array([row.num_first for row in rows], dtype=np.int32),
        "answer_start": np.array([row.answer_start for row in rows], dtype=np.int32),
        "num_rows": np.array([len(example.rows) for example in examples], dtype=np.int64),
        "gold": np.array([example.gold for example in examples], dtype=np.float64),
    }


def _starts(lengths: NDArray[np.int64]) -> NDArray[np.int64]:
    return np.concatenate([np.zeros(1, dtype=np.int64), np.cumsum(lengths)])
