"""Which rows of a split become examples: all, or as many as its cap, drawn among the good ones."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from tasks.example import Example
from tasks.posing import UnnamedAnswerError

R = TypeVar("R")


@dataclass(frozen=True, kw_only=True)
class DrawnRows:
    """What became of the rows that were looked at."""

    examples: Mapping[int, Example]
    """Row -> example, in the order of rows."""
    wrong: Mapping[str, Sequence[int]]
    """What is wrong -> the rows with which it is."""
    unnamed: Collection[str] = ()
    """Which of it is an answer that the card names no label for."""

    @property
    def num_wrong(self) -> int:
        return sum(map(len, self.wrong.values()))


def draw_rows(
    rows: Sequence[R],
    pose: Callable[[R], Example],
    *,
    cap: int | None,
    replace_wrong: bool,
    rng: np.random.Generator,
) -> DrawnRows:
    """Pose a split's rows, at most `cap` of them.

    Rows are drawn at random, for files are often sorted; those beyond the cap are not looked at.

    Args:
        rows: Of the split.
        pose: Raises ValueError for a row that no example can be made of.
        cap: At least 2; none takes every row.
        replace_wrong: Whether another row is drawn for one that is wrong.
        rng: Of the draw.
    """
    examples: dict[int, Example] = {}
    wrong: dict[str, list[int]] = {}
    unnamed: set[str] = set()

    def pose_all(numbered: Iterable[tuple[int, R]]) -> None:
        for number, row in numbered:
            try:
                examples[number] = pose(row)
            except ValueError as error:
                wrong.setdefault(str(error), []).append(number)
                if isinstance(error, UnnamedAnswerError):
                    unnamed.add(str(error))

    if cap is None or cap >= len(rows):
        pose_all(enumerate(rows))
    else:
        order = rng.permutation(len(rows))
        while len(examples) < cap and len(order):
            block, order = np.sort(order[: cap - len(examples)]), order[cap - len(examples) :]
            pose_all((int(row), rows[int(row)]) for row in block)
            if not replace_wrong:
                break
    return DrawnRows(examples=dict(sorted(examples.items())), wrong=wrong, unnamed=unnamed)
