"""Whether a column holds indices, and whether they count from 0 as a card's names do."""

from __future__ import annotations

from collections.abc import Iterator
from string import ascii_uppercase

from tasks.cards import Card
from tasks.posing.fields import field
from tasks.posing.parts import options_of
from tasks.posing.spelling import spellings
from tasks.problems import InputError, quoted
from tasks.sources.table import Row, Table

_ROWS_SEEN = 1_000


def refuse_counting_from_one(card: Card, train: Table, names: tuple[str, ...]) -> None:
    """Refuse numbers that run from 1 to the number of answers: each would mean its neighbour.

    Args:
        card: Whose answers may be indices.
        train: Rows from all over it are looked at; where none holds 0, but one the number of its
            answers, they count from 1.
        names: Of the labels; () for options without names.

    Raises:
        InputError: With the mapping to write instead.
    """
    highest = 0
    for row in _some(train):
        text, answers = _answer(card, row, names)
        if text == "0":
            return
        if text == str(len(answers)):
            highest = max(highest, len(answers))
    if highest:
        pairs = zip(range(1, highest + 1), names or ascii_uppercase, strict=False)
        mapping = ", ".join(f"{number}: {name}" for number, name in pairs)
        raise InputError(
            [
                f"{train.place(0)}: task '{card.name}': column {quoted(card.label)} counts from 1 "
                f"to {highest}, and indices count from 0. Say what each number means, such as "
                f"`labels: {{{mapping}}}`."
            ]
        )


def holds_indices(card: Card, train: Table) -> bool:
    """Whether texts such as "2" are indices, and none the text of an option that is a number.

    Settled by rows that can be read in one way only, for no row by itself would show that others
    are read in the other way.
    """
    is_index = False
    for row in _some(train):
        try:
            value, options = field(card.label, row), options_of(card.template.options or (), row)
        except ValueError:  # said when the row is posed
            continue
        if not isinstance(value, str):
            continue
        can_be_index = value in map(str, range(len(options)))
        if value in options and not can_be_index:
            return False
        is_index = is_index or (can_be_index and value not in options)
    return is_index


def _some(train: Table) -> Iterator[Row]:
    """Rows spread evenly, for files are often sorted by their answers."""
    step = -(-len(train.rows) // _ROWS_SEEN)
    return (train.rows[index] for index in range(0, len(train.rows), step or 1))


def _answer(card: Card, row: Row, names: tuple[str, ...]) -> tuple[str, tuple[str, ...]]:
    """The row's answer, if it can only be an index, and all that it might be; "" if it is none."""
    try:
        value = field(card.label, row)
        options = card.template.options
        answers = names if options is None else options_of(options, row)
    except ValueError:  # said when the row is posed
        return "", ()
    is_text = isinstance(value, str) and value in answers
    return "" if is_text else next(reversed(spellings(value)), ""), answers
