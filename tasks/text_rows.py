"""Rows of JSON lines and CSV files, read strictly: what is wrong is said with its line."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from pathlib import Path

from tasks.problems import InputError, named
from tasks.template import Row

_LONGEST_LINE = 10_000_000


def jsonl_rows(path: Path) -> list[Row]:
    """One object a line; row i stands on line i + 1.

    Raises:
        InputError: For anything but finite, plain JSON objects with distinct keys.
    """
    return [_object(line, f"{path}:{number}") for number, line in enumerate(_lines(path), 1)]


def csv_rows(path: Path) -> list[Row]:
    """Rows under a header line; every value is text, exactly as written.

    Raises:
        InputError: For rows longer or shorter than the header, and for a header that repeats.
    """
    reader = csv.reader(_lines(path, keep_ends=True), strict=True)
    try:
        header = next(reader, [])
        if not header or len(set(header)) < len(header):
            raise InputError([f"{path}:1: expected a header of distinct column names."])
        return [_record(header, values, f"{path}:{reader.line_num}") for values in reader]
    except csv.Error as error:
        raise InputError([f"{path}:{reader.line_num}: not CSV: {error}."]) from None


def _record(header: list[str], values: list[str], place: str) -> Row:
    if len(values) != len(header):
        raise InputError([f"{place}: expected {len(header)} values, got {len(values)}."])
    return dict(zip(header, values, strict=True))


def _object(line: str, place: str) -> Row:
    if not line.strip():
        raise InputError([f"{place}: blank line; expected a JSON object."])
    try:
        row = json.loads(line, object_pairs_hook=_distinct, parse_constant=_not_finite)
        json.dumps(row, ensure_ascii=False).encode()  # a lone surrogate would break the tokenizer
    except json.JSONDecodeError as error:
        raise InputError([f"{place}:{error.colno}: not JSON: {error.msg}."]) from None
    except UnicodeEncodeError:
        raise InputError([f"{place}: half a surrogate pair (\\ud800 to \\udfff)."]) from None
    except (ValueError, RecursionError) as error:
        raise InputError([f"{place}: {error}."]) from None
    if not isinstance(row, dict):
        raise InputError([f"{place}: expected an object, got {named(row)}."])
    return row


def _distinct(pairs: list[tuple[str, object]]) -> dict[str, object]:
    row = dict(pairs)
    if len(row) < len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise ValueError(f"key '{twice}' given twice")
    return row


def _not_finite(constant: str) -> float:
    raise ValueError(f"{constant} is not a number here; leave the field out or give a finite value")


def _lines(path: Path, *, keep_ends: bool = False) -> Iterator[str]:
    """The file's lines as text; a byte-order mark and Windows line ends are accepted."""
    with path.open("rb") as stream:
        for number, raw in enumerate(iter(lambda: stream.readline(_LONGEST_LINE + 1), b""), 1):
            if len(raw) > _LONGEST_LINE:
                raise InputError([f"{path}:{number}: longer than {_LONGEST_LINE:,} bytes."])
            try:
                text = raw.decode("utf-8-sig" if number == 1 else "utf-8")
            except UnicodeDecodeError as error:
                wrong = f"not UTF-8 at byte {error.start} of the line (0x{raw[error.start]:02x})"
                raise InputError(
                    [f"{path}:{number}: {wrong}. Convert the file, e.g. iconv -t utf-8."]
                ) from None
            yield text if keep_ends else text.rstrip("\r\n")
