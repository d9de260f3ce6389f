"""Rows of an Arrow table as plain values, made as they are asked for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, overload

import pyarrow as pa
import pyarrow.compute as pc

from tasks.problems import InputError
from tasks.sources.limits import LONGEST_CELL
from tasks.sources.table import Opaque, Row

_BLOCK_ROWS = 1000


class ArrowRows(Sequence[Row]):
    """The table itself stays the only whole copy; rows are made a block at a time."""

    def __init__(self, table: pa.Table) -> None:
        self._table = table
        self._start, self._block = 0, list[Row]()
        self._following = 0

    def __len__(self) -> int:
        return int(self._table.num_rows)

    @overload
    def __getitem__(self, index: int) -> Row: ...
    @overload
    def __getitem__(self, index: slice) -> list[Row]: ...
    def __getitem__(self, index: int | slice) -> Row | list[Row]:
        if isinstance(index, slice):
            return [self[one] for one in range(*index.indices(len(self)))]
        row = range(len(self))[index]
        if not self._start <= row < self._start + len(self._block):
            # Rows drawn at random come one by one; a block for each would be mostly wasted.
            count = _BLOCK_ROWS if row == self._following else 1
            self._start, self._block = row, _rows(self._table.slice(row, count))
        self._following = row + 1
        return self._block[row - self._start]


def checked(table: pa.Table, name: str) -> pa.Table:
    """The table, known to give every row.

    Args:
        table: As it was read, not checked by its reader.
        name: Of the file or data set, for messages.

    Raises:
        InputError: If columns share a name, a text is no UTF-8 or the table is damaged.
    """
    names = table.column_names
    if len(set(names)) < len(names):
        twice = next(one for one in names if names.count(one) > 1)
        raise InputError([f"{name}: two columns are called '{twice}'; rename one."])
    for column, values in zip(names, table.columns, strict=True):
        try:
            values.validate(full=True)
        except pa.ArrowInvalid as error:
            raise InputError([f"{name}: column '{column}': damaged: {_brief(error)}"]) from None
        _refuse_long_cells(values, f"column '{column}'", name)
    return table


def _brief(error: Exception) -> str:
    """Such as "Invalid UTF8 sequence at string index 3", without the layers that passed it on."""
    return f"{str(error).splitlines()[0].rpartition('Invalid: ')[2]}."


def _refuse_long_cells(values: pa.ChunkedArray, column: str, name: str) -> None:
    if not (pa.types.is_string(values.type) or pa.types.is_large_string(values.type)):
        return
    lengths = pc.binary_length(values)
    longest = pc.max(lengths).as_py() or 0
    if longest > LONGEST_CELL:
        row = pc.index(lengths, longest).as_py() + 1
        raise InputError([f"{name}: row {row}: {column}: longer than {LONGEST_CELL:,} bytes."])


def _rows(table: pa.Table) -> list[Row]:
    names = table.column_names
    columns = [_values(column.combine_chunks()) for column in table.columns]
    if not columns:
        return [{} for _ in range(table.num_rows)]
    return [dict(zip(names, values, strict=True)) for values in zip(*columns, strict=True)]


def _values(array: Any) -> list[object]:
    if isinstance(array, pa.ChunkedArray):  # one that is too long for a single array
        return [value for chunk in array.chunks for value in _values(chunk)]
    if _is_plain(array.type):
        return list(array.to_pylist())
    valid = array.is_valid().to_pylist()
    if not _has_fields(array.type):
        opaque = Opaque(str(array.type))
        return [opaque if is_valid else None for is_valid in valid]
    names = [field.name for field in array.type]
    fields = zip(*(_values(field) for field in array.flatten()), strict=True)
    pairs = zip(fields, valid, strict=True)
    return [dict(zip(names, row, strict=True)) if is_valid else None for row, is_valid in pairs]


def _is_plain(kind: Any) -> bool:
    if _has_fields(kind):
        return all(_is_plain(field.type) for field in kind)
    if pa.types.is_dictionary(kind) or any(is_list(kind) for is_list in _LISTS):
        return _is_plain(kind.value_type)
    return any(is_plain(kind) for is_plain in _PLAIN)


def _has_fields(kind: Any) -> bool:
    """Whether it is a mapping of at least one field, each named once."""
    if not pa.types.is_struct(kind) or not kind.num_fields:
        return False
    return len({field.name for field in kind}) == int(kind.num_fields)


_LISTS = (pa.types.is_list, pa.types.is_large_list, pa.types.is_fixed_size_list)
_PLAIN = (
    pa.types.is_null,
    pa.types.is_boolean,
    pa.types.is_integer,
    pa.types.is_floating,
    pa.types.is_string,
    pa.types.is_large_string,
    pa.types.is_string_view,
)
