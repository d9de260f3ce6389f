"""What a card's name for a column stands for in a row: the column, or a path into a nested one."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping

from tasks.names import near_names
from tasks.problems import named, quoted
from tasks.sources.table import Row

_MOST_SHOWN = 20
_INDEX = re.compile(r"-?[0-9]{1,9}")


def field(name: str, row: Row) -> object:
    """The value that `name` stands for.

    A column of that very name wins, whatever signs it holds. Else a dot leads into a column:
    `answers.text` into a mapping, or into every mapping of a list; `turns.0` into a list, and
    `turns.-1` to its end.

    Raises:
        ValueError: If the row has no such column, or the column no such field.
    """
    if name in row:
        return row[name]
    steps = name.split(".")
    for length in range(len(steps) - 1, 0, -1):
        column = ".".join(steps[:length])
        if column in row:
            return _inside(row[column], column, steps[length:])
    near = f" {near_names(name, row)}".rstrip()
    raise ValueError(f"no column {quoted(name)}.{near} The row has: {_shown(row)}.")


def is_blank(value: object) -> bool:
    """Whether nothing was stored: null, NaN, or text without a letter or sign."""
    if isinstance(value, float):
        return math.isnan(value)
    return value is None or (isinstance(value, str) and not value.strip())


def as_text(value: object, name: str) -> str:
    """A stored value as text; a list of texts line by line.

    Args:
        value: Of the column `name`.
        name: For the message.

    Raises:
        ValueError: If it is neither text nor a finite number nor a list of texts.
    """
    if isinstance(value, list | tuple):
        for position, line in enumerate(value):
            if not isinstance(line, str):
                raise ValueError(
                    f"column {quoted(name)}[{position}]: expected text, got {named(line)}."
                    f"{fields_hint(line, name)}"
                )
        return "\n".join(value)
    if isinstance(value, str):
        return value
    is_whole = isinstance(value, int) and not isinstance(value, bool)
    if is_whole or (isinstance(value, float) and math.isfinite(value)):
        return str(value)
    hint = fields_hint(value, name)
    raise ValueError(f"column {quoted(name)}: expected text, got {named(value)}.{hint}")


def fields_hint(value: object, path: str) -> str:
    """What to write instead where a mapping lies; "" for anything else.

    Args:
        value: That is no text.
        path: To the mapping, or to the list that it is in.
    """
    if not isinstance(value, Mapping) or not value:
        return ""
    texts = [name for name, inner in value.items() if isinstance(inner, str)]
    wanted = "text" if "text" in value else next(iter(texts or value))
    return f" It has: {_shown(value)}; write such as {quoted(f'{path}.{wanted}')}."


def _inside(value: object, path: str, steps: list[str]) -> object:
    for step in steps:
        value = _step(value, path, step)
        path = f"{path}.{step}"
    return value


def _step(value: object, path: str, step: str) -> object:
    if isinstance(value, Mapping):
        if step in value:
            return value[step]
        near = f" {near_names(step, value)}".rstrip()
        raise ValueError(
            f"column {quoted(path)} has no field {quoted(step)}.{near} It has: {_shown(value)}."
        )
    if not isinstance(value, list | tuple):
        raise ValueError(
            f"column {quoted(path)}: expected fields, such as {quoted(step)}, got {named(value)}."
        )
    if _INDEX.fullmatch(step):
        if -len(value) <= int(step) < len(value):
            return value[int(step)]
        raise ValueError(f"column {quoted(path)}: no item {step} in {named(value)}.")
    return [_step(item, f"{path}.{index}", step) for index, item in enumerate(value)]


def _shown(names: Iterable[object]) -> str:
    texts = [quoted(str(name))[1:-1] for name in names]
    more = f" and {len(texts) - _MOST_SHOWN} more" if len(texts) > _MOST_SHOWN else ""
    return f"{', '.join(texts[:_MOST_SHOWN])}{more}" if texts else "nothing"
