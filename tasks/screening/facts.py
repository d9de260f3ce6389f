"""What the checks know about a split, from one reading of its examples."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tasks.example import Example
from tasks.screening.characters import main_script, oddities
from tasks.screening.folding import folded, in_order, longest
from tasks.task import Split, Task

SPLITS: tuple[Split, ...] = ("train", "validation", "test")


@dataclass(frozen=True, kw_only=True)
class Facts:
    """One split; arrays of shape (n,) tell of its examples in their order.

    `wholes`, `texts` and `answers` are hashes of folded texts, the same within one process.
    """

    split: Split
    examples: Sequence[Example]
    wholes: NDArray[np.int64]
    """Text, pair and options."""
    texts: NDArray[np.int64]
    """The longest of them."""
    answers: NDArray[np.int64]
    """The label, the option that it points at, or what is to be written."""
    labels: NDArray[np.float64]
    num_options: NDArray[np.int64]
    lengths: NDArray[np.int64]
    """Characters of text, pair and options together."""
    is_empty: NDArray[np.bool_]
    """Whether neither text nor pair nor options hold a letter or digit."""
    scripts: NDArray[np.str_]
    """`main_script` of text, pair and options together."""
    odd: Mapping[str, Sequence[int]]
    """Oddity -> the rows that hold it; `oddities`."""


@dataclass(frozen=True, kw_only=True)
class Inspected:
    """A task and the facts about its splits."""

    task: Task
    splits: Mapping[Split, Facts]

    @property
    def train(self) -> Facts:
        return self.splits["train"]


def inspect(task: Task) -> Inspected:
    """Read every split of a task once."""
    return Inspected(
        task=task, splits={split: facts_of(task.split(split), split=split) for split in SPLITS}
    )


def facts_of(examples: Sequence[Example], *, split: Split) -> Facts:
    """Read a split once."""
    hashes: list[tuple[int, int, int]] = []
    numbers: list[tuple[float, int, int, bool]] = []
    scripts: list[str] = []
    odd: dict[str, list[int]] = {}
    for row, example in enumerate(examples):
        parts = in_order(example)
        text = longest(parts)
        written = "\n".join((example.text, example.pair, *example.options))
        hashes.append((hash(parts), hash(text), hash(_answer(example))))
        # Folded, a text starts with a letter or digit unless it has none.
        is_empty = not text[:1].isalnum()
        numbers.append((example.label, len(example.options), len(written), is_empty))
        scripts.append(main_script(written))
        for oddity in oddities(written):
            odd.setdefault(oddity, []).append(row)
    hashed = np.array(hashes, dtype=np.int64).reshape(-1, 3)
    counted = np.array(numbers, dtype=np.float64).reshape(-1, 4)
    return Facts(
        split=split,
        examples=examples,
        wholes=hashed[:, 0],
        texts=hashed[:, 1],
        answers=hashed[:, 2],
        labels=counted[:, 0],
        num_options=counted[:, 1].astype(np.int64),
        lengths=counted[:, 2].astype(np.int64),
        is_empty=counted[:, 3] > 0,
        scripts=np.array(scripts, dtype=np.str_),
        odd=odd,
    )


def _answer(example: Example) -> object:
    if example.answer:
        return folded(example.answer)
    # Two rows may list the same options in different orders.
    is_option = isinstance(example.label, int) and 0 <= example.label < len(example.options)
    return folded(example.options[int(example.label)]) if is_option else example.label
