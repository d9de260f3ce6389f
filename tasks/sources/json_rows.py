"""Rows of JSON files: one object a line, or one list of objects."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

from tasks.problems import InputError, named, quoted
from tasks.sources.table import Row, Table
from tasks.sources.text_lines import text_lines

_SPACE = re.compile(r"[ \t\r\n]*")
_MOST_DIGITS = 4300  # what Python turns into a number by default


def read_jsonl(path: Path) -> Table:
    """One object a line; row i stands on line i + 1. Blank lines may end the file.

    Raises:
        InputError: For anything but finite, plain JSON objects with distinct keys.
    """
    rows: list[Row] = []
    blank = 0
    for number, line in enumerate(text_lines(path), 1):
        if not line.strip():
            blank = blank or number
        elif blank:
            raise InputError([f"{path}:{blank}: blank line; expected a JSON object."])
        else:
            rows.append(_line_object(line.strip("\r\n"), f"{path}:{number}"))
    return Table(rows=rows, place=lambda row: f"{path}:{row + 1}")


def read_json(path: Path) -> Table:
    """The objects of the one list that the file is.

    Raises:
        InputError: As for JSON lines, and for anything but such a list.
    """
    text = "".join(text_lines(path, longest=None))
    try:
        rows = list(_list_objects(text, path))
    except json.JSONDecodeError as error:
        place = f"{path}:{error.lineno}:{error.colno}"
        hint = _hint(text)
        raise InputError([f"{place}: not a list of JSON objects: {error.msg}.{hint}"]) from None
    return Table(rows=rows, place=lambda row: f"{path}: row {row + 1}")


def _hint(text: str) -> str:
    """What to do where the whole file is an object, or one a line."""
    if not text.startswith("{", _after_space(text, 0)):
        return ""
    return " Keep the list of rows alone, [{...}, {...}]; with one object a line, call it .jsonl."


def _line_object(line: str, place: str) -> Row:
    try:
        row, end = _object_at(line, _after_space(line, 0), place)
        if _after_space(line, end) < len(line):
            raise json.JSONDecodeError("Extra data", line, _after_space(line, end))
    except json.JSONDecodeError as error:
        raise InputError([f"{place}:{error.colno}: not JSON: {error.msg}."]) from None
    return row


def _list_objects(text: str, path: Path) -> Iterator[Row]:
    """One after the other, so that a wrong one is named by its row."""
    end = _after(text, 0, "[")
    row, is_closed = 0, text.startswith("]", end)
    while not is_closed:
        row += 1
        value, end = _object_at(text, end, f"{path}: row {row}")
        yield value
        end = _after_space(text, end)
        is_closed = text.startswith("]", end)
        end = end if is_closed else _after(text, end, ",")
    if _after(text, end, "]") < len(text):
        raise json.JSONDecodeError("Extra data", text, end + 1)


def _object_at(text: str, start: int, place: str) -> tuple[Row, int]:
    """The object that starts there, and where it ends."""
    try:
        value, end = _DECODER.raw_decode(text, start)
        if not isinstance(value, dict):
            raise ValueError(f"expected an object, got {named(value)}")
        _refuse_odd(value)
    except json.JSONDecodeError:
        raise
    except RecursionError:
        raise InputError([f"{place}: lists or objects nested too deeply."]) from None
    except ValueError as error:
        raise InputError([f"{place}: {error}."]) from None
    return value, end


def _refuse_odd(value: dict[str, object]) -> None:
    """Values that JSON itself does not know, or that no tokenizer takes."""
    try:
        json.dumps(value, ensure_ascii=False, allow_nan=False).encode()
    except UnicodeEncodeError:
        raise ValueError("half a surrogate pair (\\ud800 to \\udfff)") from None
    except ValueError:
        wrong = "NaN is not a number here, nor is Infinity or one beyond 1.8e308"
        raise ValueError(f"{wrong}; leave the field out or give another") from None


def _after(text: str, start: int, mark: str) -> int:
    """Where the text goes on after the mark that must come next, and the space around it."""
    at = _after_space(text, start)
    if not text.startswith(mark, at):
        raise json.JSONDecodeError(f"Expecting '{mark}'", text, at)
    return _after_space(text, at + 1)


def _after_space(text: str, start: int) -> int:
    found = _SPACE.match(text, start)
    return found.end() if found else start


def _distinct(pairs: list[tuple[str, object]]) -> dict[str, object]:
    row = dict(pairs)
    if len(row) < len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise ValueError(f"key {quoted(twice)} given twice")
    return row


def _whole(digits: str) -> int:
    if len(digits) > _MOST_DIGITS:
        raise ValueError(f"a number of {len(digits):,} digits; write it shorter")
    return int(digits)


_DECODER = json.JSONDecoder(object_pairs_hook=_distinct, parse_int=_whole)
