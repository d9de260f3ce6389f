"""From a card to a task: read, pose, cap, and cut the splits that the source lacks."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from tasks.cards import Card, Source, SplitNames
from tasks.drawn_rows import DrawnRows, draw_rows
from tasks.example import Example
from tasks.posed import PosedTask, posed_examples, posed_once
from tasks.posing import LabelNames, label_names, pose
from tasks.problems import InputError
from tasks.row_problems import refuse_wrong_rows
from tasks.sources import Table, read_table, split_names
from tasks.splits import cut_from_train
from tasks.task import Split, Task

_SPLITS: tuple[Split, ...] = ("train", "validation", "test")
_CUT, _CAP = 0, 1  # streams of the card's seed
_Rows = tuple[list[Example], list[str]]
"""Examples and where each comes from."""


def load_task(card: Card, *, base: Path) -> Task:
    """Read the task that a card describes; posed once, and mapped from disk ever after.

    Draws (row caps, splits cut from train) depend on the card's name alone, so that a task is the
    same in every campaign.

    Args:
        card: What to read.
        base: The data folder.

    Raises:
        InputError: Naming file, row and column of everything that is wrong.
    """
    names = split_names(card.source, base=base)
    posed = posed_once(card, names, lambda: _pose_task(card, names, base), base=base)
    return Task(
        name=card.name,
        family=card.family,
        kind=card.kind,
        metric=card.metric,
        labels=posed.labels,
        description=card.description,
        decoy=card.decoy,
        licence=card.licence,
        source=posed.source,
        left_out=posed.left_out,
        train=posed.splits["train"],
        validation=posed.splits["validation"],
        test=posed.splits["test"],
    )


def _source(source: Source, commit: str | None) -> str:
    if source.files is not None:
        return source.files.train
    if source.hub is None:
        return str(source.folder)
    config = f" ({source.config})" if source.config else ""
    return f"hub: {source.hub}{config}{f' at {commit[:7]}' if commit else ''}"


def _pose_task(card: Card, names: SplitNames, base: Path) -> PosedTask:
    tables = _tables(card, names, base)
    _refuse_other_declarations(card, tables)
    labels = label_names(card, tables["train"])
    drawn = {split: _drawn(card, split, table, labels) for split, table in tables.items()}
    refuse_wrong_rows(card, drawn, {split: table.place for split, table in tables.items()})
    rows = {split: _placed(drawn[split], table) for split, table in tables.items()}
    cut = _with_missing_cut(card, rows)
    folder = None if card.source.hub else base
    return PosedTask(
        labels=labels.names if card.kind == "labels" else (),
        source=_source(card.source, tables["train"].commit),
        left_out={split: rows.num_wrong for split, rows in drawn.items() if rows.wrong},
        splits={split: posed_examples(*cut[split], base=folder) for split in _SPLITS},
    )


def _tables(card: Card, names: SplitNames, base: Path) -> dict[Split, Table]:
    """The splits that the source has."""
    tables: dict[Split, Table] = {}
    problems: list[str] = []
    for split in _SPLITS:
        name: str | None = getattr(names, split)
        try:
            if name is not None:
                tables[split] = read_table(card.source, name, base=base)
        except InputError as error:
            problems.extend(error.problems)
    if problems:
        raise InputError(list(dict.fromkeys(problems)))  # two splits may be one file
    return tables


def _refuse_other_declarations(card: Card, tables: Mapping[Split, Table]) -> None:
    """Refuse splits that number the same labels differently: train alone is asked what they are."""
    declared = {split: table.declared.get(card.label) for split, table in tables.items()}
    said = {split: names for split, names in declared.items() if names}
    if len(set(said.values())) > 1:
        each = "; ".join(f"{split}: [{', '.join(names)}]" for split, names in said.items())
        raise InputError(
            [
                f"{tables['train'].place(0)}: task '{card.name}': the splits declare other labels "
                f"for column '{card.label}' ({each[:500]}). Write them with one order."
            ]
        )


def _drawn(card: Card, split: Split, table: Table, labels: LabelNames) -> DrawnRows:
    return draw_rows(
        table.rows,
        lambda row: pose(card, row, labels),
        cap=getattr(card.max_rows, split),
        replace_wrong=card.bad_rows == "leave_out",
        rng=np.random.default_rng([_seed(card), _CAP, _SPLITS.index(split)]),
    )


def _placed(drawn: DrawnRows, table: Table) -> _Rows:
    return list(drawn.examples.values()), [table.place(row) for row in drawn.examples]


def _with_missing_cut(card: Card, splits: Mapping[Split, _Rows]) -> dict[Split, _Rows]:
    missing = [split for split in _SPLITS if split not in splits]
    examples, places = splits["train"]
    try:
        caps = [getattr(card.max_rows, split) for split in missing]
        parts = cut_from_train(len(examples), caps, seed=(_seed(card), _CUT))
    except ValueError as error:
        raise InputError([f"Task '{card.name}': {error}"]) from None
    cut = {
        split: ([examples[index] for index in part], [places[index] for index in part])
        for split, part in zip(("train", *missing), parts, strict=True)
    }
    return {**splits, **cut}


def _seed(card: Card) -> int:
    return zlib.crc32(card.name.encode())
