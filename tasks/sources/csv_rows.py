"""Rows of CSV and TSV files, read strictly: what is wrong is said with its line."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from tasks.problems import InputError
from tasks.sources.limits import LONGEST_CELL
from tasks.sources.table import Row, Table
from tasks.sources.text_lines import text_lines

if TYPE_CHECKING:
    from _csv import Reader as _Reader  # has no name at run time

_Record = tuple[int, list[str]]


def read_csv(path: Path) -> Table:
    """Rows under a header line; every value is text, exactly as written.

    Blank lines may end the file. Between rows they are refused, for a row may have been lost there.

    Raises:
        InputError: For rows longer or shorter than the header, and for a header that repeats.
    """
    return _table(path, csv.reader(text_lines(path), strict=True))


def read_tsv(path: Path) -> Table:
    """The same, with a tab between values; as in most such data sets, a quote is a plain letter.

    Raises:
        InputError: As for CSV.
    """
    lines = text_lines(path)
    return _table(path, csv.reader(lines, delimiter="\t", quoting=csv.QUOTE_NONE, strict=True))


def _table(path: Path, reader: _Reader) -> Table:
    records = _records(path, reader)
    _, header = next(records, (1, []))
    if not header or len(set(header)) < len(header):
        raise InputError([f"{path}:1: expected a header of distinct column names."])
    rows = [_row(header, values, f"{path}:{line}") for line, values in records]
    return Table(rows=rows, place=lambda row: f"{path}: row {row + 1}")


def _records(path: Path, reader: _Reader) -> Iterator[_Record]:
    """What is not blank, with the line where it starts."""
    # Of the whole process, but far above what anybody else reads; the default is 131,072.
    csv.field_size_limit(LONGEST_CELL)
    line, blank = 1, 0
    try:
        for values in reader:
            if not values:
                blank = blank or line
            elif blank:
                raise InputError([f"{path}:{blank}: a blank line between rows; take it out."])
            else:
                yield line, values
            line = reader.line_num + 1
    except csv.Error as error:
        raise InputError([f"{path}:{line}: not CSV: {_explained(error)}"]) from None


def _row(header: list[str], values: list[str], place: str) -> Row:
    if len(values) != len(header):
        raise InputError([f"{place}: expected {len(header)} values, got {len(values)}."])
    return dict(zip(header, values, strict=True))


def _explained(error: csv.Error) -> str:
    if "unexpected end of data" in str(error):
        return "a quote that opens in this row is never closed."
    if "field limit" in str(error):
        limit = f"{LONGEST_CELL:,} characters"
        return f"a value of this row is longer than {limit}; is a quote never closed?"
    return f"{error}."
