"""Sets of tasks drawn at random: those that a random ordering puts on top."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from policies.roster import FloatArray, IntArray

_TRIES = 20
"""Draws for each set that is wanted: where nearly all the weight is on one set, fewer are found."""


def by_rates(rates: FloatArray, rng: np.random.Generator) -> FloatArray:
    """(N,) scores whose largest is a draw by `rates`, whose two largest are two draws, and so on.

    Logarithms of the rates, 0 or more, with Gumbel noise: sampling without replacement.

    Source: Kool, van Hoof, Welling 2019, arXiv:1903.06059 (Gumbel top k).
    """
    with np.errstate(divide="ignore"):  # a rate of 0 is never drawn before the others are
        return np.asarray(np.log(rates) + rng.gumbel(size=len(rates)))


def drawn_sets(draw: Callable[[], FloatArray], size: int, count: int) -> list[IntArray]:
    """Up to `count` distinct sets of `size` places, each the top of scores drawn anew.

    Args:
        draw: Gives (N,) scores; their ties are broken in no particular way.
        size: At most N.
        count: At least 1; one set is always found.
    """
    found: dict[tuple[int, ...], IntArray] = {}
    for _ in range(_TRIES * count):
        scores = draw()
        top = np.sort(np.argpartition(-scores, size - 1)[:size])
        found.setdefault(tuple(top.tolist()), top)
        if len(found) == count:
            break
    return list(found.values())
