"""Rows of a data set of the hub: data files only, no code of theirs."""

from __future__ import annotations

import re
from typing import Any

import datasets

from tasks.cards import Source
from tasks.names import near_names
from tasks.problems import InputError
from tasks.sources.arrow_rows import ArrowRows, checked
from tasks.sources.hub_builder import prepared
from tasks.sources.table import Table
from tasks.sources.wording import first_line


def read_hub(source: Source, split: str) -> Table:
    """The rows of one split, mapped into memory from the copy that `datasets` keeps on disk.

    Args:
        source: With `hub`.
        split: The hub's name, or an expression of `datasets` such as "train[:1000]".

    Raises:
        InputError: If data set, commit, configuration or split is not there, or the hub is not and
            no copy is kept.
    """
    assert source.hub is not None
    name = f"hub data set {source.hub}{f' ({source.config})' if source.config else ''}"
    builder = prepared(source.hub, config=source.config, revision=source.revision)
    rows = _split(builder, split, name)
    table = checked(rows.with_format("arrow")[:], f"{name}, split '{split}'")
    return Table(
        rows=ArrowRows(table),
        place=lambda row: f"{name}, split '{split}': row {row + 1}",
        declared=_declared(rows.features),
        commit=builder.hash,
    )


def _split(builder: Any, split: str, name: str) -> Any:
    try:
        return builder.as_dataset(split=split)
    except Exception as error:  # ValueError, AssertionError, ... with the expression's problem
        known = list(builder.info.splits)
        if re.fullmatch(r"\w+", split) and split not in known:
            words = (
                f"no split '{split}'. Its splits: {', '.join(known)}. {near_names(split, known)}"
            )
        else:
            words = f"split '{split}': {first_line(error)} Its splits: {', '.join(known)}."
        raise InputError([f"{name}: {words.rstrip()}"]) from None


def _declared(features: Any) -> dict[str, tuple[str, ...]]:
    return {
        column: tuple(feature.names)
        for column, feature in features.items()
        if isinstance(feature, datasets.ClassLabel) and feature.names
    }
