"""From a card to a task: read, cap, pose, and cut the splits that the source lacks."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from tasks.card import Card, SplitNames
from tasks.example import Example
from tasks.problems import InputError
from tasks.sources import Table, read_table
from tasks.splits import cut_from_train
from tasks.task import Split, Task
from tasks.template import pose

_SPLITS: tuple[Split, ...] = ("train", "validation", "test")
_CUT, _CAP = 0, 1  # streams of the card's seed


def load_task(card: Card, *, base: Path) -> Task:
    """Read the task that a card describes.

    Draws (row caps, splits cut from train) depend on the card's name alone, so that a task is the
    same in every campaign.

    Args:
        card: What to read.
        base: The folder of the card's file.

    Raises:
        InputError: Naming file, row and column of everything that is wrong, up to 20 problems.
    """
    splits = _with_missing_cut(card, _read(card, base))
    return Task(
        name=card.name,
        family=card.family,
        kind=card.kind,
        metric=card.metric,
        labels=card.labels if card.kind == "labels" else (),
        description=card.description,
        decoy=card.decoy,
        train=splits["train"],
        validation=splits["validation"],
        test=splits["test"],
    )


def _read(card: Card, base: Path) -> dict[Split, list[Example]]:
    """The splits that the source has, every row posed."""
    source = card.source
    names: SplitNames = source.files or source.splits
    splits: dict[Split, list[Example]] = {}
    problems: list[str] = []
    for split in _SPLITS:
        name: str | None = getattr(names, split)
        if name is not None:
            table = read_table(source, name, base=base)
            splits[split] = _posed(card, table, _rows_used(card, split, table), problems)
    if problems:
        raise InputError(problems)
    return splits


def _rows_used(card: Card, split: Split, table: Table) -> Sequence[int]:
    """Indices of the rows under the split's cap: drawn at random, for files are often sorted."""
    count = len(table.rows)
    cap: int | None = getattr(card.max_rows, split)
    if cap is None or cap >= count:
        return range(count)
    rng = np.random.default_rng([*_seed(card), _CAP, _SPLITS.index(split)])
    return [int(row) for row in np.sort(rng.choice(count, size=cap, replace=False))]


def _posed(card: Card, table: Table, rows: Sequence[int], problems: list[str]) -> list[Example]:
    examples: list[Example] = []
    wrong: dict[str, list[int]] = {}
    for row in rows:
        try:
            examples.append(pose(card, table.rows[row]))
        except ValueError as error:
            wrong.setdefault(str(error), []).append(row)
    for words, wrong_rows in wrong.items():
        more = f" The same in {len(wrong_rows) - 1:,} more rows." if len(wrong_rows) > 1 else ""
        problems.append(f"{table.place(wrong_rows[0])}: task '{card.name}': {words}{more}")
    return examples


def _with_missing_cut(card: Card, splits: dict[Split, list[Example]]) -> dict[Split, list[Example]]:
    missing = [split for split in _SPLITS if split not in splits]
    train = splits["train"]
    try:
        parts = cut_from_train(len(train), len(missing), seed=(*_seed(card), _CUT))
    except ValueError as error:
        raise InputError([f"Task '{card.name}': {error}"]) from None
    cut = {
        split: [train[int(index)] for index in indices]
        for split, indices in zip(("train", *missing), parts, strict=True)
    }
    return {**splits, **cut}


def _seed(card: Card) -> tuple[int, ...]:
    return (zlib.crc32(card.name.encode()),)
