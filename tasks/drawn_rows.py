"""Which rows of a split become examples: all, or as many as its cap, drawn among the good ones."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from tasks.example import Example

R = TypeVar("R")


@dataclass(frozen=True, kw_only=True)
class DrawnRows:
    """What became of the rows that were looked at."""

    examples: Mapping[int, Example]
    """Row -> example, in the order of rows."""
    wrong: Mapping[str, Sequence[int]]
    """What is wrong -> the rows with which it is."""

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
    if cap is None or cap >= len(rows):
        _pose(enumerate(rows), pose, examples, wrong)
    else:
        order = rng.permutation(len(rows))
        while len(examples) < cap and len(order):
            block, order = np.sort(order[: cap - len(examples)]), order[cap - len(examples) :]
            _pose(((int(row), rows[int(row)]) for row in block), pose, examples, wrong)
            if not replace_wrong:
                break
    return DrawnRows(examples=dict(sorted(examples.items())), wrong=wrong)


def _pose(
    rows: Iterable[tuple[int, R]],
    pose: Callable[[R], Example],
    examples: dict[int, Example],
    wrong: dict[str, list[int]],
) -> None:
    for number, row in rows:
        try:
            examples[number] = pose(row)
        except ValueError as error:
            wrong.setdefault(str(error), []).append(number)
