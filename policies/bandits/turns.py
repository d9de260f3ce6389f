"""Whose turn it is to be tested."""

from __future__ import annotations

import numpy as np

from policies.roster import IntArray


def in_turn(counts: IntArray, size: int, at_most: int, rng: np.random.Generator) -> list[IntArray]:
    """Sets of `size` places, those with the fewest branches first, at random among equals.

    Args:
        counts: (N,) finished branches with each task.
        size: At most N.
        at_most: Sets; fewer where every task has had its turn before. The last one is filled up
            with tasks of the first.
        rng: Breaks ties.
    """
    order = np.lexsort((rng.random(len(counts)), counts))
    sets = min(at_most, -(-len(order) // size))
    return list(np.take(order, np.arange(sets * size), mode="wrap").reshape(sets, size))
