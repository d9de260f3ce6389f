"""Rows of CSV and TSV files, read strictly: what is wrong is said with its line."""

from __future__ import annotations

import csv
from array import array
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from tasks.problems import InputError, quoted
from tasks.sources.limits import LONGEST_CELL
from tasks.sources.table import Row, Table
from tasks.sources.text_lines import text_lines

if TYPE_CHECKING:
    from _csv import Reader as _Reader  # has no name at run time

_Record = tuple[int, list[str]]

_OTHER_SEPARATORS = {
    ",": (";", "\t", "|"),
    "\t": (",", ";", "|"),
}
_ADVICE = {
    ",": "Put a text that holds a comma into quotes; leave a value empty, not out.",
    "\t": "Write a space for a tab inside a text; leave a value empty, not out.",
}


def read_csv(path: Path) -> Table:
    """Rows under a header line; every value is text, exactly as written.

    Blank lines may end the file. Between rows they are refused, for a row may have been lost there.

    Raises:
        InputError: For rows longer or shorter than the header, and for a header that repeats.
    """
    return _table(path, csv.reader(text_lines(path), strict=True), separator=",")


def read_tsv(path: Path) -> Table:
    """The same, with a tab between values; as in most such data sets, a quote is a plain letter.

    Raises:
        InputError: As for CSV.
    """
    lines = text_lines(path)
    reader = csv.reader(lines, delimiter="\t", quoting=csv.QUOTE_NONE, strict=True)
    return _table(path, reader, separator="\t")


def _table(path: Path, reader: _Reader, *, separator: str) -> Table:
    records = _records(path, reader)
    _, header = next(records, (1, []))
    if problem := _wrong_header(header, separator):
        raise InputError([f"{path}:1: {problem}"])
    rows, lines = list[Row](), array("Q")
    for line, values in records:
        if len(values) != len(header):
            more = _more_of_other_lengths(records, len(header))
            wrong = f"expected {len(header)} values, got {len(values)}{more}."
            raise InputError([f"{path}:{line}: {wrong} {_ADVICE[separator]}"])
        rows.append(dict(zip(header, values, strict=True)))
        lines.append(line)
    return Table(rows=rows, place=lambda row: f"{path}:{lines[row]}")


def _wrong_header(header: list[str], separator: str) -> str:
    """Why the first line names no columns, and what to do; "" if it does."""
    if not header:
        return "expected a header of distinct column names."
    twice = next((name for name in header if header.count(name) > 1), None)
    if twice is not None:
        called = f"two columns are called {quoted(twice)}" if twice else "two columns have no name"
        return f"{called}; rename one. The first line names the columns."
    other = next((sign for sign in _OTHER_SEPARATORS[separator] if sign in header[0]), None)
    if other is None or len(header) > 1:
        return ""
    wanted, suffix = {",": ("commas", ".csv"), "\t": ("tabs", ".tsv")}[separator]
    ways = [f"save it with {wanted}"]
    if other in _ADVICE:
        ways.append("call it .tsv" if other == "\t" else "call it .csv")
    return (
        f"one column, {quoted(header[0])}: the file seems separated by {quoted(other)}, and "
        f"{suffix} files are by {wanted}; {', or '.join(ways)}."
    )


def _more_of_other_lengths(records: Iterator[_Record], length: int) -> str:
    """How many of the rows that follow are wrong as well, as far as they can be read."""
    count = 0
    with suppress(InputError):  # the first of all problems is said alone
        for _, values in records:
            count += len(values) != length
    return f"; {count:,} more rows are too long or too short" if count else ""


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


def _explained(error: csv.Error) -> str:
    if "unexpected end of data" in str(error):
        return "a quote that opens in this row is never closed."
    if "field limit" in str(error):
        limit = f"{LONGEST_CELL:,} characters"
        return f"a value of this row is longer than {limit}; is a quote never closed?"
    return f"{error}."
