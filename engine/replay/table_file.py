"""A parquet file as columns, with messages that name the file, the column and the row."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from engine.replay.ranking import FloatArray
from tasks import InputError, nearest


@dataclass(frozen=True, slots=True)
class TableFile:
    """All rows of a file."""

    path: Path
    table: pa.Table

    @property
    def columns(self) -> tuple[str, ...]:
        return tuple(self.table.column_names)

    def texts(self, column: str) -> list[str]:
        """A column of names.

        Raises:
            InputError: If it is not there, holds something else, or a row is empty.
        """
        values = self._values(column)
        for row, value in enumerate(values):
            if not isinstance(value, str) or not value:
                raise InputError([f"{self.place(column, row)}: expected a name, got {value!r}."])
        return values

    def numbers(self, column: str) -> FloatArray:
        """A column of numbers; NaN where it is empty.

        Raises:
            InputError: If it is not there, holds something else, or a number is not finite.
        """
        kind = self.table.schema.field(self.checked(column)).type
        if not (pa.types.is_floating(kind) or pa.types.is_integer(kind)):
            raise InputError([f"{self.path}: column {column!r} holds {kind}; expected numbers."])
        found = self.table[column].combine_chunks()
        values = found.cast(pa.float64()).to_numpy(zero_copy_only=False)
        wrong = np.flatnonzero(np.isinf(values))
        if wrong.size:
            raise InputError([f"{self.place(column, int(wrong[0]))}: expected a finite number."])
        return np.asarray(values, dtype=np.float64)

    def sets(self, column: str) -> list[frozenset[str]]:
        """A column of lists of names.

        Raises:
            InputError: If it is not there or holds something else.
        """
        values = self._values(column)
        for row, value in enumerate(values):
            if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
                said = f"expected a list of names, got {value!r}."
                raise InputError([f"{self.place(column, row)}: {said}"])
        return [frozenset(value) for value in values]

    def flags(self, column: str) -> NDArray[np.bool_]:
        """A column of true and false; all true where there is no such column."""
        if column not in self.columns:
            return np.ones(self.table.num_rows, dtype=np.bool_)
        return np.array([value is True for value in self._values(column)], dtype=np.bool_)

    def place(self, column: str, row: int) -> str:
        """Where a value stands, rows counted from 1."""
        return f"{self.path}: column {column!r}, row {row + 1}"

    def checked(self, column: str) -> str:
        """The name of a column that is there.

        Raises:
            InputError: With the nearest name.
        """
        if column not in self.columns:
            said = f"no column {column!r}. {nearest(column, self.columns)}"
            raise InputError([f"{self.path}: {said}"])
        return column

    def _values(self, column: str) -> list[Any]:
        values: list[Any] = self.table[self.checked(column)].to_pylist()
        return values


def read_table(path: Path) -> TableFile:
    """Read a parquet file.

    Raises:
        InputError: If there is none, it cannot be read, or has no rows.
    """
    if not path.is_file():
        near = nearest(path.name, (file.name for file in _beside(path)))
        raise InputError([f"'{path}': no such file. {near}".rstrip()])
    try:
        table = pq.read_table(path)
    except (OSError, pa.ArrowException) as error:
        first = str(error).partition("\n")[0]
        raise InputError([f"{path}: not a readable parquet file: {first}"]) from error
    if not table.num_rows:
        raise InputError([f"{path}: holds no rows."])
    return TableFile(path, table)


def _beside(path: Path) -> Iterable[Path]:
    return sorted(path.parent.glob("*.parquet")) if path.parent.is_dir() else ()
