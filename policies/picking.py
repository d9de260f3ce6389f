"""Mixtures of a few tasks at equal shares."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from policies.roster import FloatArray, IntArray, Roster, best_first
from policies.view import Proposal, View


def size_of_set(view: View, size: int) -> int:
    """Tasks that a set shall hold: `view.exactly` where the campaign says so, else `size`.

    Never more than there are candidates.
    """
    return min(size if view.exactly is None else view.exactly, len(view.candidates))


def at_equal_shares(who: Roster, places: Iterable[int] | IntArray) -> dict[str, float]:
    """The mixture of the tasks at these distinct places, in their order; empty of none."""
    chosen = [int(at) for at in places]
    return {who.names[at]: 1.0 / len(chosen) for at in chosen}


def best(scores: FloatArray, who: Roster, count: int) -> dict[str, float]:
    """The `count` tasks of the highest scores at equal shares, best first.

    Of equals the larger task is taken first, then by name.

    Args:
        scores: (N,) in the roster's order; -inf leaves a task out.
        who: The candidates.
        count: Fewer are taken where fewer are left.
    """
    return at_equal_shares(
        who, [at for at in best_first(scores, who)[:count] if scores[at] > -np.inf]
    )


def random_sets(
    who: Roster, size: int, count: int, rng: np.random.Generator
) -> list[dict[str, float]]:
    """Distinct random sets of `size` tasks at equal shares; fewer where so many do not exist."""
    drawn: dict[tuple[int, ...], None] = {}
    # A few draws in vain are enough: with many sets repeats are rare, with few all are found.
    for _ in range(20 * count):
        if len(drawn) == count:
            break
        drawn[tuple(np.sort(rng.choice(len(who.names), size=size, replace=False)).tolist())] = None
    return [at_equal_shares(who, places) for places in drawn]


def distinct(proposals: Sequence[Proposal], at_most: int) -> tuple[Proposal, ...]:
    """The first `at_most` proposals, each mixture once: the contract asks for distinct ones."""
    kept: dict[frozenset[tuple[str, float]], Proposal] = {}
    for proposal in proposals:
        kept.setdefault(frozenset(proposal.mixture.items()), proposal)
    return tuple(kept.values())[:at_most]
