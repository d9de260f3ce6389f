"""Choosing where every mixture must hold a given number of tasks at equal shares.

The question is then which k tasks are best, and a test is worth what it changes in that answer.
Shapes: n shortlisted candidates, D sets.
"""

from __future__ import annotations

import numpy as np

from policies.navigator.belief import Belief
from policies.navigator.conditioned import lower_factor
from policies.roster import FloatArray, IntArray

_POINTS, _WEIGHTS = np.polynomial.hermite_e.hermegauss(9)
_DRAWS = 48
_REPEATS = (1, 2, 4)
"""Tests of one set in a row whose worth each is considered: a single one may change nothing where
some together do."""


def best_sets(belief: Belief, chosen: IntArray, size: int) -> IntArray:
    """(1, size) places within `chosen` of the set with the greatest expected gain."""
    mean, _ = belief.joint(chosen)
    return _greedy(mean[None], belief.prior.overlap(chosen), size)


def sets_by_draws(
    belief: Belief, chosen: IntArray, size: int, rng: np.random.Generator
) -> IntArray:
    """(D, size) the best set, and the best one of each of some draws from the belief."""
    mean, covariance = belief.joint(chosen)
    draws = mean + rng.standard_normal((_DRAWS, len(mean))) @ lower_factor(covariance).T
    return _greedy(np.vstack([mean, draws]), belief.prior.overlap(chosen), size)


def _greedy(effects: FloatArray, overlap: FloatArray, size: int) -> IntArray:
    """(D, size) for effects and, last, the worth of diversity (D, n + 1).

    One task after the other, by its effect less what it teaches again.
    """
    worth, bonus = effects[:, :-1] / size, np.maximum(effects[:, -1:], 0.0)
    rows = np.arange(len(worth))
    repeated = np.zeros_like(worth)
    order: list[IntArray] = []
    for _ in range(min(size, worth.shape[1])):
        best = np.argmax(worth - bonus * repeated / size**2, axis=1)
        worth[rows, best] = -np.inf
        repeated = repeated + overlap[best]
        order.append(best)
    return np.sort(np.stack(order, axis=1), axis=1)


def tasks_worth_a_test(
    mean: FloatArray, covariance: FloatArray, noise: float, *, kept: int, count: int
) -> list[int]:
    """Single tasks to test, one after the other, by what each is expected to add to the best set.

    Args:
        mean: (n,) expected effects.
        covariance: (n, n) of those effects.
        noise: Variance of a measured gain.
        kept: Tasks of the set that is chosen in the end.
        count: How many tests; distinct.

    Source: Frazier, Powell and Dayanik 2009, "The knowledge-gradient policy for correlated normal
    beliefs"; several repeats at once: Frazier and Powell 2010, "Paradoxes in learning and the
    marginal value of information".
    """
    chosen: list[int] = []
    for _ in range(min(count, len(mean))):
        worth = _worth(mean, covariance, noise, kept)
        worth[chosen] = -np.inf
        best = int(np.argmax(worth))
        chosen.append(best)
        column = covariance[:, best]
        covariance = covariance - np.outer(column, column) / (column[best] + noise)
    return chosen


def _worth(mean: FloatArray, covariance: FloatArray, noise: float, kept: int) -> FloatArray:
    """(n,) expected rise of the sum of the `kept` greatest expected effects, per test."""
    variance = np.maximum(np.diag(covariance), 0.0)
    worth = np.full(len(mean), -np.inf)
    for repeats in _REPEATS:
        moves = covariance / np.sqrt(variance + noise / repeats + 1e-300)[:, None]
        worth = np.maximum(worth, _rise(mean, moves, kept) / repeats)
    return worth


def _rise(mean: FloatArray, moves: FloatArray, kept: int) -> FloatArray:
    """(n,) rise when row i of `moves`, times a standard normal number, is added to the means."""
    before = _greatest(mean[None], kept)[0]
    weights = _WEIGHTS / _WEIGHTS.sum()
    after = sum(
        weight * _greatest(mean + point * moves, kept)
        for point, weight in zip(_POINTS, weights, strict=True)
    )
    return np.asarray(after - before)


def _greatest(means: FloatArray, kept: int) -> FloatArray:
    """Sum of the `kept` greatest of each row."""
    size = means.shape[1]
    return np.asarray(np.partition(means, size - min(kept, size), axis=1)[:, -kept:].sum(axis=1))
