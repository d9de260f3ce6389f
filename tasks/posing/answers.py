"""What a row says is right: a label's index, an option's index or a score."""

from __future__ import annotations

import math
import re
from collections.abc import Collection

from tasks.names import near_names, nearest
from tasks.plain_value import TRUTHS
from tasks.posing.fields import field, is_blank
from tasks.posing.labels import LabelNames
from tasks.posing.spelling import is_plain_value, spellings
from tasks.problems import named, quoted
from tasks.sources.table import Row

_NUMBER = re.compile(r"\s*[-+]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][-+]?[0-9]+)?\s*")
_INDEX = re.compile(r"-?[0-9]{1,40}")


class UnnamedAnswerError(ValueError):
    """An answer that no label of the card is named for: perhaps of a class that the card forgot."""


def label_index(column: str, row: Row, names: LabelNames) -> int:
    """The index of the row's label.

    Raises:
        UnnamedAnswerError: Naming the column, what it holds and what is known.
        ValueError: If there is no answer.
    """
    value = field(column, row)
    index = names.find(value)
    if index is None:
        kind = ValueError if is_blank(value) or not spellings(value) else UnnamedAnswerError
        raise kind(_unknown(column, value, names.index))
    return index


def option_index(column: str, row: Row, options: tuple[str, ...], names: LabelNames) -> int:
    """The index of the row's right option: by its name, or by its own text, or as an index.

    Raises:
        ValueError: As for `label_index`; also if the row has fewer options.
    """
    if names.names:
        value, index = field(column, row), label_index(column, row, names)
    else:
        value = field(column, row)
        index = _unnamed_index(column, value, options, are_indices=names.only_indices)
    if not 0 <= index < len(options):
        raise _beyond(column, value, len(options))
    return index


def score_of(column: str, row: Row) -> float:
    """The row's score, a finite number.

    Raises:
        ValueError: Naming the column and what it holds.
    """
    value = field(column, row)
    number = math.nan
    if isinstance(value, str) and _NUMBER.fullmatch(value):
        number = float(value)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        number = _as_float(value)
    if not math.isfinite(number):
        raise ValueError(f"column {quoted(column)}: expected a finite number, got {named(value)}.")
    return number


def _unnamed_index(
    column: str, value: object, options: tuple[str, ...], *, are_indices: bool
) -> int:
    if isinstance(value, str) and value in options and not are_indices:
        return options.index(value)
    text = next(reversed(spellings(value)), "")
    if text in TRUTHS and len(options) == len(TRUTHS):
        return TRUTHS.index(text)
    if _INDEX.fullmatch(text):
        return int(text)
    raise ValueError(_unknown(column, value, options))


def _unknown(column: str, value: object, known: Collection[str]) -> str:
    texts = spellings(value)
    hint = f" {_allowed(texts[0], known)}" if texts and texts[0].strip() else ""
    return f"column {quoted(column)}: {named(value)} is no answer.{hint}"


def _allowed(text: str, known: Collection[str]) -> str:
    """Names; of indices that may stand for them only the range, lest they crowd out the names."""
    names = [one for one in known if not is_plain_value(one)]
    indices = {one for one in known if one.isdecimal()}
    if not names or not indices or indices != set(map(str, range(len(indices)))):
        return nearest(text, known)
    numbers = f"The numbers 0 to {len(indices) - 1} are allowed as well."
    return near_names(text, names) or f"{nearest(text, names)} {numbers}"


def _beyond(column: str, value: object, count: int) -> ValueError:
    return ValueError(
        f"column {quoted(column)}: expected an index from 0 to {count - 1}, got {named(value)}."
    )


def _as_float(value: float) -> float:
    try:
        return float(value)
    except OverflowError:
        return math.inf
