"""What a target is judged on, ready to be looked up."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tasks.example import Example
from tasks.screening.folding import Parts, in_any_order, in_order, longest, passages
from tasks.screening.near import FEWEST_LETTERS, Shingled, shingled

MOST_COMMON = 0.1
"""A passage in more than this share of the judged examples is wording, such as one question asked
of every row; it identifies none of them."""
_NEVER_COMMON = 5  # however few examples there are


@dataclass(frozen=True, kw_only=True)
class Judged:
    """A target's validation and test examples; rows count through both, validation first."""

    in_order: Mapping[Parts, int]
    """Whole example -> its first row."""
    in_any_order: Mapping[Parts, int]
    passages: Mapping[str, int]
    """Letters of a passage -> the first row that it identifies."""
    shingled: Shingled
    seen: NDArray[np.bool_]
    """The shingles of all, as `Hashed.seen`."""


def judged_on(examples: Sequence[Example]) -> Judged:
    """Index what a target is judged on; memory grows with its letters, some 20 bytes for each."""
    ordered = [in_order(example) for example in examples]
    apart = shingled(ordered)
    return Judged(
        in_order=_first_rows(ordered),
        in_any_order=_first_rows([in_any_order(parts) for parts in ordered]),
        passages=_identifying(examples, ordered),
        shingled=apart,
        seen=apart.numbers.seen(),
    )


def _first_rows(keys: Sequence[Parts]) -> dict[Parts, int]:
    return {key: row for row, key in reversed(list(enumerate(keys)))}


def _identifying(examples: Sequence[Example], ordered: Sequence[Parts]) -> dict[str, int]:
    rows: dict[str, int] = {}
    counts: Counter[str] = Counter()
    for row, (example, parts) in enumerate(zip(examples, ordered, strict=True)):
        found = _main_passages(example, parts)
        counts.update(found)
        for passage in found:
            rows.setdefault(passage, row)
    most = max(MOST_COMMON * len(ordered), _NEVER_COMMON)
    return {passage: row for passage, row in rows.items() if counts[passage] <= most}


def _main_passages(example: Example, parts: Parts) -> set[str]:
    """Passages at least half as long as the example's longest text.

    A short question about a long text identifies nothing, and neither does one sentence of many.
    """
    half = (len(longest(parts)) + 1) // 2
    return set(passages(example, parts, fewest=max(FEWEST_LETTERS, half)))
