"""Rows of a file of one's own, by its suffix."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tasks.problems import InputError
from tasks.sources.csv_rows import read_csv, read_tsv
from tasks.sources.inside import inside
from tasks.sources.json_rows import read_json, read_jsonl
from tasks.sources.parquet_rows import read_parquet
from tasks.sources.table import Table

_READERS: dict[str, Callable[[Path], Table]] = {
    ".parquet": read_parquet,
    ".jsonl": read_jsonl,
    ".csv": read_csv,
    ".tsv": read_tsv,
    ".json": read_json,
}
_ZIPPED = {f"{suffix}.gz": _READERS[suffix] for suffix in _READERS if suffix != ".parquet"}
_ALL = {**_READERS, **_ZIPPED}
_SAVE_AS = dict.fromkeys((".xlsx", ".xls", ".ods"), " Save the sheet as CSV, with commas.")
SUFFIXES = f"{', '.join(_READERS)}, all but the first also with .gz"


def read_file(name: str, *, base: Path) -> Table:
    """The rows of the file `name` of the data folder `base`.

    Raises:
        InputError: If it is not there, lies outside the folder, cannot be read or holds no row.
    """
    path = inside(base, name, key="source.files")
    if not path.is_file():
        raise InputError([f"{path}: expected a regular file."])
    suffix = suffix_of(path.name)
    if suffix is None:
        hint = _SAVE_AS.get(path.suffix.lower(), "")
        raise InputError([f"{path}: expected a file ending in {SUFFIXES}.{hint}"])
    if not path.stat().st_size:
        raise InputError([f"{path}: the file is empty."])
    table = _ALL[suffix](path)
    if not table.rows:
        raise InputError([f"{path}: there is no row in it."])
    return table


def suffix_of(name: str) -> str | None:
    """Such as ".csv" or ".csv.gz", in small letters; None if no reader knows it."""
    return next((suffix for suffix in _ALL if name.lower().endswith(suffix)), None)
