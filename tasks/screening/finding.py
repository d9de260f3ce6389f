"""What a check found, as data: a person reads it, a report lists it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Literal, get_args

from tasks.example import Example
from tasks.examples import Placed, place_of
from tasks.task import Split

Severity = Literal["removed", "warning"]
"""removed: a campaign takes these examples out; warning: they stay."""
SEVERITIES: tuple[Severity, ...] = ("removed", "warning")

Check = Literal[
    "contamination",
    "split overlap",
    "same texts",
    "impossible label",
    "constant label",
    "unused label",
    "rare label",
    "imbalance",
    "conflicts",
    "duplicates",
    "empty text",
    "long text",
    "truncated",
    "script",
    "characters",
    "left out",
    "small split",
]
"""What is checked, in the order of reports: what is removed, then what spoils most."""
CHECKS: tuple[Check, ...] = get_args(Check)

MOST_PLACES = 5


@dataclass(frozen=True, kw_only=True)
class Finding:
    """Something about a task that a person should know before it costs a GPU-hour."""

    check: Check
    task: str
    severity: Severity = "warning"
    message: str
    """One line."""
    places: tuple[str, ...] = ()
    """Where to look, "file: row 3" each; the first 5."""
    count: int
    """How many examples, rows, texts or labels the finding is about."""


def places(split: Split, examples: Sequence[Example], rows: Iterable[int]) -> tuple[str, ...]:
    """Where examples stand, the first 5."""
    return tuple(place(split, examples, int(row)) for row in islice(rows, MOST_PLACES))


def place(split: Split, examples: Sequence[Example], row: int) -> str:
    """Where one example stands; examples of no file are named by split and number."""
    known = place_of(examples, row)
    return known if isinstance(examples, Placed) else f"{split}: {known}"
