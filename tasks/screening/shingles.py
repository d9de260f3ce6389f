"""Texts as sets of short runs of letters, for how much two of them have in common."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

LENGTH = 8
"""Letters in a shingle: one replaced word leaves texts of more than about 25 words near."""

_END = "\0"  # never a letter
_BASE = np.uint64(0x9E3779B97F4A7C15)  # 2**64 / golden ratio: odd, and its bits are well mixed
_FEWEST_BITS, _MOST_BITS = 12, 28


def shingles(texts: Iterable[str]) -> set[str]:
    """All runs of 8 letters inside the texts; a shorter text has none."""
    return {text[at : at + LENGTH] for text in texts for at in range(len(text) - LENGTH + 1)}


def jaccard(one: set[str], other: set[str]) -> float:
    """Share of what either has that both have; 0 when neither has anything."""
    both = len(one & other)
    return both / max(len(one) + len(other) - both, 1)


@dataclass(frozen=True, kw_only=True, slots=True)
class Hashed:
    """The shingles of many examples as numbers: equal shingles are equal numbers."""

    values: NDArray[np.uint32]
    """As often as they occur, in the order of the texts."""
    owners: NDArray[np.int64]
    """Same shape: the index of the example that a shingle is of, ascending."""

    def of(self, example: int) -> NDArray[np.uint32]:
        """The shingles of one example."""
        first, last = np.searchsorted(self.owners, [example, example + 1])
        return self.values[first:last]

    def seen(self) -> NDArray[np.bool_]:
        """A table to look shingles up in with `are_in`: now and then one too many is found.

        Shape (2**bits,), 8 places or more for each shingle while there are under 32 million.
        """
        bits = min(max(len(self.values).bit_length() + 3, _FEWEST_BITS), _MOST_BITS)
        table = np.zeros(2**bits, dtype=np.bool_)
        table[self.values >> np.uint32(32 - bits)] = True
        return table

    def are_in(self, seen: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Whether each shingle is among those of another's `seen`."""
        bits = len(seen).bit_length() - 1
        are_in: NDArray[np.bool_] = seen[self.values >> np.uint32(32 - bits)]
        return are_in


def hashed(examples: Sequence[Sequence[str]]) -> Hashed:
    """Shingles of the texts of each example, all at once: a number costs some nanoseconds."""
    lengths = [sum(len(text) + 1 for text in texts) for texts in examples]
    owners = np.repeat(np.arange(len(examples)), lengths)
    joined = "".join(text + _END for texts in examples for text in texts)
    codes = np.frombuffer(joined.encode("utf-32-le", "surrogatepass"), dtype="<u4")
    count = max(len(codes) - LENGTH + 1, 0)
    values = np.zeros(count, dtype=np.uint64)
    is_whole = np.ones(count, dtype=np.bool_)
    for offset in range(LENGTH):
        letter = codes[offset : offset + count]
        values = values * _BASE + letter
        is_whole &= letter != 0
    # The last letter is in the low bits alone until they are multiplied once more.
    mixed = ((values * _BASE) >> np.uint64(32)).astype(np.uint32)
    return Hashed(values=mixed[is_whole], owners=owners[:count][is_whole])
