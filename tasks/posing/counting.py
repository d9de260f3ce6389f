"""Whether a column counts its answers from 1, where a card's names count from 0."""

from __future__ import annotations

from itertools import islice
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
        train: Its first rows are looked at; where none holds 0, but one the number of its answers,
            they count from 1.
        names: Of the labels; () for options without names.

    Raises:
        InputError: With the mapping to write instead.
    """
    highest = 0
    for row in islice(train.rows, _ROWS_SEEN):
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
