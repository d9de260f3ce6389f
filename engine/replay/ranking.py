"""How good a predicted order of candidates is, by the true results that were recorded."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]


def ndcg(true_N: FloatArray, predicted_N: FloatArray) -> float:
    """Agreement of a predicted order with the true one, mostly at its top.

    The relevance of a candidate is N minus its true rank, its gain 2^relevance - 1, so that the
    two or three truly best decide.

    Args:
        true_N: (N,) true results, higher is better; of equals the first counts as better.
        predicted_N: (N,) scores that order the candidates, higher first; of equals the first.

    Returns:
        In [0, 1]; 1 for the true order, and for a single candidate.

    Raises:
        ValueError: If the shapes differ, are empty, or a number is not finite.

    Source: Kim et al. 2023 (TaskWeb), arXiv:2305.13256.
    """
    true, predicted = _checked(true_N, predicted_N)
    return ndcg_of_picks(true, best_first(predicted))


def ndcg_of_picks(true_N: FloatArray, picked: NDArray[np.intp]) -> float:
    """Expected `ndcg` of an order that begins with `picked` and goes on at random."""
    worth, discount = _worth(true_N), _discount(len(true_N))
    rest = np.delete(worth, picked)
    found = worth[picked] @ discount[: len(picked)]
    expected = found + (rest.mean() * discount[len(picked) :].sum() if rest.size else 0.0)
    ideal = float(np.sort(worth)[::-1] @ discount)
    return float(expected) / ideal if ideal else 1.0


def regret_at(true_N: FloatArray, predicted_N: FloatArray, k: int) -> float:
    """What is lost by taking the `k` best predicted in place of the `k` truly best.

    (mean true result of the k best - mean true result of the k predicted) / (the former)

    Args:
        true_N: (N,) true results, higher is better, on a scale whose zero means something.
        predicted_N: (N,) scores that order the candidates, higher first; of equals the first.
        k: How many are taken; all of them where there are fewer.

    Returns:
        0 or more; 0.03 says that 3 % of the best possible result is lost.

    Raises:
        ValueError: As `ndcg`; or `k` is below 1; or the k best have no mean above 0.

    Source: Kim et al. 2023 (TaskWeb), arXiv:2305.13256, Regret@k.
    """
    true, predicted = _checked(true_N, predicted_N)
    return regret_of(true, best_first(predicted)[:k], k)


def regret_of(true_N: FloatArray, picked: NDArray[np.intp], k: int) -> float:
    """`regret_at` of places that were picked already; fewer than `k` are judged by their mean."""
    if k < 1 or not len(picked):
        raise ValueError(f"a regret needs 1 or more picks, got k {k} and {len(picked)} picked.")
    best = float(np.sort(true_N)[::-1][:k].mean())
    if not best > 0:
        raise ValueError(f"a regret is relative to the best, which must be above 0, got {best:g}.")
    return (best - float(true_N[picked].mean())) / best


def best_first(scores_N: FloatArray) -> NDArray[np.intp]:
    """(N,) places by falling score; of equals the first one first."""
    return np.argsort(-scores_N, kind="stable")


def _worth(true_N: FloatArray) -> FloatArray:
    """2^(N - rank) - 1, over 2^N: the factor cancels, and no number of candidates overflows."""
    size = len(true_N)
    rank = np.empty(size)
    rank[best_first(true_N)] = np.arange(1, size + 1)
    return np.asarray(0.5**rank - 0.5**size)


def _discount(size: int) -> FloatArray:
    return np.asarray(1 / np.log2(np.arange(size) + 2))


def _checked(true_N: FloatArray, predicted_N: FloatArray) -> tuple[FloatArray, FloatArray]:
    true, predicted = np.asarray(true_N, np.float64), np.asarray(predicted_N, np.float64)
    if true.ndim != 1 or not true.size or true.shape != predicted.shape:
        raise ValueError(
            "a ranking needs two arrays of shape (N,), N 1 or more, "
            f"got {true.shape} and {predicted.shape}."
        )
    if not (np.isfinite(true).all() and np.isfinite(predicted).all()):
        raise ValueError("a ranking needs finite numbers; leave out candidates without a result.")
    return true, predicted
