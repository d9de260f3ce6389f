"""Finds the judged examples that nearly equal another: MinHash proposes, counting decides."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from datasketch import MinHash, MinHashLSH
from numpy.typing import NDArray

from tasks.screening.folding import Parts, letters
from tasks.screening.shingles import Hashed, hashed, jaccard, shingles

NEAR = 0.8
"""Jaccard similarity of the sets of 8-letter shingles from which texts count as near."""
FEWEST_LETTERS = 32
"""About 8 words. Shorter texts are compared exactly: one other word makes another text."""

# 16 bands of 4: of pairs at the threshold, 2 in 10,000 are never proposed; above it fewer.
_BANDS, _ROWS = 16, 4
# An example at the threshold has this share of its shingles among the other's. Repeated shingles
# count each time here and once in the sets: hence less than NEAR.
_FAMILIAR = 0.6


@dataclass(frozen=True, kw_only=True)
class Shingled:
    """Examples by their shingles."""

    parts: Sequence[Parts]
    """Each as `folding.in_order` gives it."""
    numbers: Hashed


def shingled(parts: Sequence[Parts]) -> Shingled:
    """Take examples apart; those with too few letters for a comparison get no shingles."""
    texts = [[letters(part) for part in one] for one in parts]
    enough = [one if sum(map(len, one)) >= FEWEST_LETTERS else [] for one in texts]
    return Shingled(parts=parts, numbers=hashed(enough))


def familiar(examples: Shingled, seen: NDArray[np.bool_]) -> NDArray[np.int64]:
    """The examples most of whose shingles are `seen` (`shingles.seen`): the only ones to compare.

    There are few, so that MinHash, which costs some 100 us an example, costs little.
    """
    numbers, count = examples.numbers, len(examples.parts)
    among = np.bincount(numbers.owners, weights=numbers.are_in(seen), minlength=count)
    total = np.bincount(numbers.owners, minlength=count)
    return np.flatnonzero((total > 0) & (among >= _FAMILIAR * total))


def find_near(
    examples: Sequence[Parts], judged: Shingled, *, is_own: bool
) -> Iterator[tuple[int, int]]:
    """(example, judged example) for each example that is near to one, the nearest by similarity.

    Args:
        examples: Each as `folding.in_order` gives it.
        judged: What they are compared with.
        is_own: Both are of one task, so that text compares with text and pair with pair.
    """
    some = shingled(examples)
    lsh = MinHashLSH(num_perm=_BANDS * _ROWS, params=(_BANDS, _ROWS))
    for row, minhash in _minhashes(judged.numbers, familiar(judged, some.numbers.seen())):
        lsh.insert(row, minhash, check_duplication=False)
    for row, minhash in _minhashes(some.numbers, np.arange(len(examples))):
        near = [
            (similarity, -other)
            for other in lsh.query(minhash)
            if (similarity := _nearness(examples[row], judged.parts[other], is_own=is_own)) >= NEAR
        ]
        if near:
            yield row, -max(near)[1]


def _minhashes(numbers: Hashed, rows: NDArray[np.int64]) -> Iterator[tuple[int, MinHash]]:
    values = (numbers.of(row).tolist() for row in rows)
    hashes = MinHash.generator(values, num_perm=_BANDS * _ROWS, hashfunc=int)
    return zip(rows.tolist(), hashes, strict=True)


def _nearness(one: Parts, other: Parts, *, is_own: bool) -> float:
    """Similarity of two examples; 0 where one has a part that the other lacks."""
    a, b = [letters(part) for part in one], [letters(part) for part in other]
    if is_own:
        is_same = _alike(a[0], b[0]) and _alike(a[1], b[1]) and _matched(a[2:], b[2:])
    else:
        a, b = list(filter(None, a)), list(filter(None, b))
        # A template may join what another keeps apart: then only the whole can be compared.
        is_same = len(a) != len(b) or _matched(a, b)
    return jaccard(shingles(a), shingles(b)) if is_same else 0.0


def _matched(parts: Sequence[str], others: Sequence[str]) -> bool:
    """Whether each text is like one of the others, either way round."""
    return all(any(_alike(part, other) for other in others) for part in parts) and all(
        any(_alike(part, other) for part in parts) for other in others
    )


def _alike(one: str, other: str) -> bool:
    return one == other or (
        min(len(one), len(other)) >= FEWEST_LETTERS
        and jaccard(shingles([one]), shingles([other])) >= NEAR
    )
