"""What the answers of a table look like, before any row is posed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from tasks.cards import Card
from tasks.posing.fields import field, is_blank
from tasks.posing.parts import options_of
from tasks.posing.spelling import spellings
from tasks.sources.table import Row, Table

_ROWS_SEEN = 1_000


@dataclass(frozen=True, kw_only=True)
class SeenAnswers:
    """The answers of some rows, from all over the table."""

    counts: Mapping[str, int]
    """Answer -> rows that hold it; without those that are the text of one of the row's options."""
    num_rows: int
    """That have an answer, whatever it is."""
    most: int
    """The largest number of answers that a row might have."""
    counted_to: int
    """The largest answer that is its row's number of answers, as the last is where they count from
    one; 0 if there is none, or an answer is 0."""


def seen_answers(card: Card, train: Table, names: tuple[str, ...]) -> SeenAnswers:
    """Look at some rows; those that cannot be read are passed over, for posing names them.

    Args:
        card: Of kind labels or options.
        train: Its rows.
        names: Of the labels; () for options without names.
    """
    counts: Counter[str] = Counter()
    num_rows = most = counted_to = 0
    for row in some_rows(train):
        try:
            value = field(card.label, row)
            options = card.template.options
            answers = names if options is None else options_of(options, row)
        except ValueError:
            continue
        texts = spellings(value)
        if not texts or is_blank(value):
            continue
        num_rows, most = num_rows + 1, max(most, len(answers))
        if options is not None and value in answers:
            continue
        counts[texts[-1]] += 1
        if texts[-1] == str(len(answers)):
            counted_to = max(counted_to, len(answers))
    if "0" in counts:
        counted_to = 0
    return SeenAnswers(counts=counts, num_rows=num_rows, most=most, counted_to=counted_to)


def some_rows(train: Table) -> Iterator[Row]:
    """Rows spread evenly, for files are often sorted by their answers."""
    step = -(-len(train.rows) // _ROWS_SEEN)
    return (train.rows[index] for index in range(0, len(train.rows), step or 1))
