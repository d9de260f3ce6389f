"""Which examples of a split occur among what a target is judged on, and why one says so."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tasks.example import Example
from tasks.screening.folding import Parts, in_any_order, in_order, passages
from tasks.screening.judged import Judged
from tasks.screening.near import FEWEST_LETTERS, Shingled, familiar, find_near, shingled

Reason = Literal["exact", "shared text", "near"]
"""exact: the whole example; shared text: a passage that identifies a judged example; near: nearly
the whole example."""
REASONS: tuple[Reason, ...] = ("exact", "shared text", "near")
_EXACT, _SHARED, _NEAR = range(3)

_AT_ONCE = 1_000  # examples: some MB of shingles


@dataclass(frozen=True, kw_only=True)
class Overlap:
    """What of some examples is judged; arrays of one length, a place for each example found."""

    rows: NDArray[np.int64]
    """Indices of the examples, ascending."""
    reasons: NDArray[np.int64]
    """Indices into `REASONS`."""
    judged: NDArray[np.int64]
    """The judged example that each is like: its row, validation first and then test."""


class _Compared(NamedTuple):
    """An example as it is looked up among any target's."""

    in_order: Parts
    in_any_order: Parts
    passages: tuple[str, ...]


@dataclass(kw_only=True)
class _SoFar:
    """What is known so far about one target."""

    found: list[tuple[int, int, int]] = field(default_factory=list)
    """(row, reason, judged row)"""
    open: dict[int, Parts] = field(default_factory=dict)
    """Row -> an example that may be near."""


def overlaps_of(
    examples: Iterable[Example], judged: Mapping[str, Judged], *, own: str
) -> dict[str, Overlap]:
    """Compare examples with what each target is judged on.

    Equal are texts that differ in case, punctuation, spaces and Unicode form only (`folding`).

    - exact: text, pair and options are equal. Between two tasks the parts may stand in any order.
    - shared text, only between two tasks: a text or a sentence of the example equals one of a
      judged example, has at least 32 letters and half the letters of that example's longest text,
      and is in at most a tenth of the judged examples. Within one task a passage that comes back
      with another question is the data set's own design, and so is a pair the other way round.
    - near: the sets of 8-letter shingles of both have a Jaccard similarity of 0.8 or more, and each
      part is near to one of the other or equal to it (between two tasks, where both have as many
      parts). Examples and parts under 32 letters have to be equal.

    Args:
        examples: Read once, in order.
        judged: What they are compared with, by target.
        own: The task that the examples are of.

    Returns:
        An overlap for each target.
    """
    known = {target: _SoFar() for target in judged}
    for rows, some in _chunks(examples):
        compared = [_compared(example) for example in some]
        apart = shingled([one.in_order for one in compared])
        for target, index in judged.items():
            look_up = _in_another if target != own else _in_own
            found = {at: what for at, one in enumerate(compared) if (what := look_up(one, index))}
            near = [at for at in familiar(apart, index.seen).tolist() if at not in found]
            known[target].found += [(rows[at], *what) for at, what in found.items()]
            known[target].open |= {rows[at]: apart.parts[at] for at in near}
    return {
        target: _overlap(one, judged[target].shingled, is_own=target == own)
        for target, one in known.items()
    }


def _chunks(examples: Iterable[Example]) -> Iterator[tuple[range, list[Example]]]:
    rest, start = iter(examples), 0
    while some := list(islice(rest, _AT_ONCE)):
        yield range(start, start + len(some)), some
        start += len(some)


def _compared(example: Example) -> _Compared:
    parts = in_order(example)
    return _Compared(
        parts, in_any_order(parts), tuple(passages(example, parts, fewest=FEWEST_LETTERS))
    )


def _in_own(one: _Compared, judged: Judged) -> tuple[int, int] | None:
    """(reason, judged row) where the same task has the example among the judged."""
    row = judged.in_order.get(one.in_order)
    return None if row is None else (_EXACT, row)


def _in_another(one: _Compared, judged: Judged) -> tuple[int, int] | None:
    """(reason, judged row) where another task has the example, or a text of it."""
    row = judged.in_any_order.get(one.in_any_order)
    if row is not None:
        return _EXACT, row
    shared = next((text for text in one.passages if text in judged.passages), None)
    return None if shared is None else (_SHARED, judged.passages[shared])


def _overlap(known: _SoFar, judged: Shingled, *, is_own: bool) -> Overlap:
    rows = list(known.open)
    near = find_near(list(known.open.values()), judged, is_own=is_own)
    found = [*known.found, *((rows[at], _NEAR, other) for at, other in near)]
    columns = np.array(sorted(found), dtype=np.int64).reshape(-1, 3)
    return Overlap(rows=columns[:, 0], reasons=columns[:, 1], judged=columns[:, 2])
