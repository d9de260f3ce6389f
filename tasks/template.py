"""From a row to an example: pure, and exact about which column is wrong."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping

from tasks.card import Card
from tasks.example import Example
from tasks.names import near_names, nearest
from tasks.problems import named

Row = Mapping[str, object]

_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")


def pose(card: Card, row: Row) -> Example:
    """The example that `card` makes of `row`.

    Raises:
        ValueError: Naming the column, what it holds and what is allowed; the caller adds file and
            row.
    """
    template = card.template
    options = _options(template.options, row) if template.options is not None else ()
    return Example(
        text=_text("text", template.text, row),
        pair=_text("pair", template.pair, row) if template.pair is not None else "",
        options=options,
        label=_score(card, row) if card.kind == "score" else _index(card, row, options),
    )


def _text(part: str, template: str, row: Row) -> str:
    """One part of the template: a column's text, or words with columns filled in."""
    if not _PLACEHOLDER.search(template):
        text = _column(template, row)
    else:
        # Every placeholder of the template is replaced once, so that a text that itself holds
        # "{label}" stays as it is; str.format would also follow attributes.
        text = _PLACEHOLDER.sub(lambda found: _column(found[1], row), template)
    if not text.strip() and part != "pair":  # a dialogue's first line has nothing before it
        raise ValueError(f"template part '{part}' ({template!r}) gave an empty text.")
    return text


def _column(name: str, row: Row) -> str:
    value = _value(name, row) if name else ""
    if isinstance(value, str):
        return value
    if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value):
        return str(value)
    if isinstance(value, list | tuple) and all(isinstance(line, str) for line in value):
        return "\n".join(value)
    raise ValueError(f"column '{name}': expected text, got {named(value)}.")


def _value(name: str, row: Row) -> object:
    if name not in row:
        near = f" {near_names(name, row)}".rstrip()
        raise ValueError(f"no column '{name}'.{near} The row has: {', '.join(row)}.")
    return row[name]


def _options(parts: tuple[str, ...] | str, row: Row) -> tuple[str, ...]:
    if not isinstance(parts, str):
        return tuple(_text("options", part, row) for part in parts)
    values = _value(parts, row)
    if not isinstance(values, list | tuple) or len(values) < 2:
        raise ValueError(
            f"column '{parts}': expected a list of 2 or more texts, got {named(values)}."
        )
    for position, value in enumerate(values):
        if not isinstance(value, str) or not value.strip():
            raise ValueError(f"column '{parts}'[{position}]: expected text, got {named(value)}.")
    return tuple(values)


def _index(card: Card, row: Row, options: tuple[str, ...]) -> int:
    """The answer's index, stored as a number, a truth value or a name."""
    value = _value(card.label, row)
    names = card.labels or options
    count = len(options) if card.kind == "options" else len(card.labels)
    if isinstance(value, str) and value in names:
        index = names.index(value)
    elif isinstance(value, str) and value.isascii() and value.isdecimal():
        index = int(value[:9])  # CSV keeps numbers as text
    elif isinstance(value, int):
        index = int(value)
    else:
        hint = f" {nearest(value, names)}" if isinstance(value, str) else ""
        raise ValueError(f"column '{card.label}': {named(value)} is no answer.{hint}")
    if not 0 <= index < count:
        raise ValueError(
            f"column '{card.label}': expected an index from 0 to {count - 1}, got {named(value)}."
        )
    return index


def _score(card: Card, row: Row) -> float:
    value = _value(card.label, row)
    try:
        number = float(value) if isinstance(value, int | float | str) else math.nan
    except (ValueError, OverflowError):
        number = math.nan
    if isinstance(value, bool) or not math.isfinite(number):
        raise ValueError(f"column '{card.label}': expected a finite number, got {named(value)}.")
    return number
