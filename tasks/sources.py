"""Rows of a split, from files beside the card or from the hub; nothing in a data set is run."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import datasets

from tasks.card import Source
from tasks.names import nearest
from tasks.problems import InputError
from tasks.template import Row
from tasks.text_rows import csv_rows, jsonl_rows


@dataclass(frozen=True, kw_only=True)
class Table:
    """A split's rows in their fixed order, and how messages call one of them."""

    rows: Sequence[Row]
    place: Callable[[int], str]
    """From a row's index to "file:line" or "file: row 3"."""


def read_table(source: Source, split: str, *, base: Path) -> Table:
    """The rows of one split.

    Args:
        source: Of a card.
        split: What the source calls the split: a file, or the hub's name.
        base: The card's folder; no file outside it is read.

    Raises:
        InputError: If the split is not there or cannot be read.
    """
    if source.files is None:
        return _from_hub(source, split)
    path = _inside(base, split)
    read = _READERS.get(path.suffix)
    if read is None:
        raise InputError([f"{path}: expected a file ending in {', '.join(_READERS)}."])
    return read(path)


def _inside(base: Path, name: str) -> Path:
    """The file `name` of the folder `base`; its neighbours are none of a card's business."""
    path = base / name
    if not path.resolve().is_relative_to(base.resolve()):
        raise InputError(
            [f"source.files: '{name}' lies outside the card's folder {base}; put the card there."]
        )
    if not path.exists():
        siblings = [p.name for p in path.parent.iterdir()] if path.parent.is_dir() else []
        raise InputError([f"{path}: no such file. {nearest(path.name, siblings)}".rstrip()])
    if not path.is_file():
        raise InputError([f"{path}: expected a regular file."])
    return path


def _from_parquet(path: Path) -> Table:
    try:
        # Streamed, for otherwise a second copy of every file is left in the user's cache.
        stream = datasets.load_dataset(
            "parquet", data_files=[_literal(path)], split="train", streaming=True
        )
        rows = list(stream)
    except Exception as error:  # the reader's own exceptions are many, and private to it
        raise InputError([f"{path}: not a readable parquet file: {_first_line(error)}"]) from error
    return Table(rows=cast("list[Row]", rows), place=lambda row: f"{path}: row {row + 1}")


def _from_jsonl(path: Path) -> Table:
    return Table(rows=jsonl_rows(path), place=lambda row: f"{path}:{row + 1}")


def _from_csv(path: Path) -> Table:
    return Table(rows=csv_rows(path), place=lambda row: f"{path}: row {row + 1}")


_READERS: dict[str, Callable[[Path], Table]] = {
    ".parquet": _from_parquet,
    ".jsonl": _from_jsonl,
    ".csv": _from_csv,
}


def _from_hub(source: Source, split: str) -> Table:
    name = f"{source.hub}{f' ({source.config})' if source.config else ''}, split '{split}'"
    try:
        # Data files only: `datasets` 5 runs no loading script. It honours HF_HUB_OFFLINE.
        rows: Any = datasets.load_dataset(
            source.hub, source.config, split=split, revision=source.revision
        )
    except Exception as error:  # network, hub, file and schema errors share no base class
        raise InputError(
            [
                f"hub data set {name} at {source.revision}: {_first_line(error)} "
                "Check name, config, split and revision; offline, fetch it beforehand or use files."
            ]
        ) from error
    return Table(rows=rows, place=lambda row: f"{name}: row {row + 1}")


def _literal(path: Path) -> str:
    """The path as a pattern that matches it alone; data files are named by glob patterns."""
    return "".join(f"[{c}]" if c in "*?[" else c for c in str(path))


def _first_line(error: BaseException) -> str:
    text = (str(error).strip().splitlines() or [type(error).__name__])[0][:300]
    return text if text.endswith(".") else f"{text}."
