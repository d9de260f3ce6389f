"""Rows that no example can be made of: what is said about them, and when they may be left out."""

from __future__ import annotations

from collections.abc import Callable

from tasks.cards import Card
from tasks.drawn_rows import DrawnRows
from tasks.problems import InputError
from tasks.task import Split

_FEWEST = 2


class RowsError(InputError):
    """Rows of data are wrong, and the card does not say that they may be left out."""

    def __str__(self) -> str:
        return (
            f"{super().__str__()}\nMend these rows (or the card, where they are as they should be);"
            " or write 'bad_rows: leave_out' into the card, and they are left out and counted."
        )


def row_problems(
    card: Card, split: Split, drawn: DrawnRows, *, place: Callable[[int], str]
) -> list[str]:
    """Why the split's rows cannot be used: a line for each thing that is wrong with some of them.

    Args:
        card: Says whether rows may be left out: at most half, and two examples have to remain.
        split: Of the rows.
        drawn: The rows that were looked at.
        place: From a row to how messages call it.
    """
    wrong = sorted(drawn.wrong.items(), key=lambda item: item[1][0])
    lines = []
    for words, rows in wrong:
        more = f" The same in {len(rows) - 1:,} more rows." if len(rows) > 1 else ""
        lines.append(f"{place(rows[0])}: task '{card.name}': {words}{more}")
    if card.bad_rows == "stop" or not wrong:
        return lines
    num_wrong, num_good = drawn.num_wrong, len(drawn.examples)
    if num_wrong <= num_good >= _FEWEST:
        return []
    return [
        f"{place(wrong[0][1][0])}: task '{card.name}': no example can be made of {num_wrong:,} of "
        f"{num_wrong + num_good:,} rows of '{split}'. At most half of them are left out, and "
        f"{_FEWEST} have to remain; see what is wrong with them:",
        *lines,
    ]
