"""Rows that no example can be made of: what is said about them, and when they may be left out."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from tasks.cards import Card
from tasks.drawn_rows import DrawnRows
from tasks.problems import InputError
from tasks.task import Split

_FEWEST = 2
_MOST_SHOWN = 5
_SEPARATED = re.compile(r"\.(csv|tsv)(\.gz)?:")


class RowsError(InputError):
    """Rows of data are wrong, few enough of them to be left out, which the card does not allow."""

    def __str__(self) -> str:
        return (
            f"{super().__str__()}\nMend these rows (or the card, where they are as they should be);"
            " or, where they lack text or answer, write 'bad_rows: leave_out' into the card, and "
            "they are left out and counted."
        )


def refuse_wrong_rows(
    card: Card,
    drawn: Mapping[Split, DrawnRows],
    places: Mapping[Split, Callable[[int], str]],
) -> None:
    """Refuse rows that no example can be made of, unless the card leaves them out.

    Args:
        card: Says whether rows may be left out: at most half, and two examples have to remain.
        drawn: The rows that were looked at.
        places: From a row to how messages call it.

    Raises:
        RowsError: If leaving them out would be a way.
        InputError: If there are too many; or if their answers look like a label of their own.
    """
    is_allowed = card.bad_rows == "leave_out"
    problems: list[str] = []
    may_go = False
    for split, rows in drawn.items():
        many = rows.num_wrong > len(rows.examples) or len(rows.examples) < _FEWEST
        if not rows.wrong or (is_allowed and not many):
            continue
        lines = _lines(card, rows, places[split])
        if many:
            start = f"{places[split](min(map(min, rows.wrong.values())))}: task '{card.name}'"
            lines = [f"{start}: {_too_many(split, rows, start)}", *lines[:_MOST_SHOWN]]
        problems.extend(lines)
        may_go = may_go or (not many and any(not _is_class(rows, words) for words in rows.wrong))
    if problems:
        raise (RowsError if may_go else InputError)(problems)


def _lines(card: Card, rows: DrawnRows, place: Callable[[int], str]) -> list[str]:
    """One for each thing that is wrong with some rows, in the order of the rows."""
    lines = []
    for words, at in sorted(rows.wrong.items(), key=lambda item: item[1][0]):
        more = f" The same in {len(at) - 1:,} more rows." if len(at) > 1 else ""
        advice = " If it is a label, name it in 'labels'." if _is_class(rows, words) else ""
        lines.append(f"{place(at[0])}: task '{card.name}': {words}{more}{advice}")
    return lines


def _is_class(rows: DrawnRows, words: str) -> bool:
    """Whether an unknown answer occurs again: hardly a slip, and to leave it out loses a label."""
    return words in rows.unnamed and len(rows.wrong[words]) > 1


def _too_many(split: Split, rows: DrawnRows, place: str) -> str:
    is_header = _SEPARATED.search(place) and any(words.startswith("no col") for words in rows.wrong)
    header = " The first line of the file names its columns." if is_header else ""
    return (
        f"the card does not fit: no example can be made of {rows.num_wrong:,} of "
        f"{rows.num_wrong + len(rows.examples):,} rows of '{split}'. At most half may be left out, "
        f"and {_FEWEST} have to remain.{header} See what is wrong:"
    )
