"""A split as it was read: rows in their fixed order, and how messages call them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

Row = Mapping[str, object]
"""Text, numbers, truth values, None, and lists and mappings of them; anything else is `Opaque`."""


@dataclass(frozen=True)
class Opaque:
    """Stands for a value that is none of text, number, truth value, list and mapping.

    A data set may hold dates or pictures beside its text. They matter only to a card that uses
    them, which then names what it found.
    """

    type: str
    """As the source calls it, such as "timestamp[us]" or "binary"."""

    def __repr__(self) -> str:
        return f"<{self.type}>"


@dataclass(frozen=True, kw_only=True)
class Table:
    """Rows of one split of one source; at least one."""

    rows: Sequence[Row]
    place: Callable[[int], str]
    """From a row's index to "file:line" or "file: row 3"."""
    declared: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """column -> label names in index order, for the columns whose labels the data set declares."""
    commit: str | None = None
    """The commit of the hub's data set that was read; None for files."""
