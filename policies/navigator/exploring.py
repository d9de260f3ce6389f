"""Which mixtures to test: those whose results are most likely to change the final choice.

Shapes: m mixtures of a pool.
"""

from __future__ import annotations

import numpy as np
from scipy.special import ndtr

from policies.roster import FloatArray


def tests_worth(
    mean: FloatArray,
    covariance: FloatArray,
    noise: float,
    first: int,
    count: int,
    *,
    prices: FloatArray | None = None,
) -> list[int]:
    """Choose mixtures to test beside `first`, one after the other, by knowledge gradient.

    After each choice the covariance shrinks as if that test had been made (its result is not
    known, so the means stay), so that the next one asks something else.

    Args:
        mean: (m,) expected gains of the pool.
        covariance: (m, m) of those gains.
        noise: Variance of a measured gain.
        first: Already chosen.
        count: How many more; fewer are returned when nothing is left to learn.
        prices: (m,) of a test, above 0; what is learnt is taken per price. All alike if left out.

    Source: Frazier, Powell, Dayanik 2009, "The knowledge-gradient policy for correlated normal
    beliefs".
    """
    chosen = [first]
    covariance = _after_test(covariance, noise, first)
    for _ in range(count):
        worth = _knowledge(mean, covariance, noise) / (1.0 if prices is None else prices)
        worth[chosen] = -np.inf
        best = int(np.argmax(worth))
        if not worth[best] > 0:
            break
        chosen.append(best)
        covariance = _after_test(covariance, noise, best)
    return chosen[1:]


def _after_test(covariance: FloatArray, noise: float, tested: int) -> FloatArray:
    column = covariance[:, tested]
    return np.asarray(covariance - np.outer(column, column) / (column[tested] + noise))


def _knowledge(mean: FloatArray, covariance: FloatArray, noise: float) -> FloatArray:
    """(m,) expected rise of the best expected gain, target alone (0) included, by one test.

    The maximum over the pool is taken pairwise with the present best: a lower bound that keeps
    the order of the tests and costs m^2.
    """
    variance = np.maximum(np.diag(covariance), 1e-15)
    # moves[i, j]: how far a test of i moves the expected gain of j, one standard deviation.
    moves = covariance / np.sqrt(variance + noise)[:, None]
    leader = int(np.argmax(mean))
    if mean[leader] > 0:
        lead, apart = mean[leader] - mean, np.abs(moves - moves[:, [leader]])
    else:
        lead, apart = -mean, np.abs(moves)
    return np.asarray(_expected_excess(lead, apart).max(axis=1))


def _expected_excess(lead: FloatArray, spread: FloatArray) -> FloatArray:
    """E[max(0, spread * Z - lead)] for standard normal Z; 0 where nothing moves."""
    safe = np.where(spread > 1e-12, spread, 1.0)
    z = -lead / safe
    density = np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi)
    return np.asarray(np.where(spread > 1e-12, safe * (z * ndtr(z) + density), 0.0))
