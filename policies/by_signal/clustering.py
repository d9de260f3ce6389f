"""Groups of like candidates: k-means.

Shapes: n rows, k columns, m groups.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from policies.roster import FloatArray, IntArray

_STEPS = 50
"""Of Lloyd's algorithm at most; it stops when nothing moves any more."""


def clusters(rows: NDArray[np.floating], first: int, groups: int) -> IntArray:
    """Divide rows into at most `groups` groups, each row nearest to the mean of its own.

    Nothing is drawn: the first mean is the row `first`, and each further one the row that is
    farthest from all so far. Fewer groups come out where rows repeat. For rows of length 1 this
    divides them so that the mean cosine of each with the rows of its group is highest.

    Args:
        rows: (n, k) of order 1; at least one.
        first: A row that is sure to have a group about it.
        groups: At least 1.

    Returns:
        (n,) number of each row's group.

    Source: Lloyd 1982; farthest-first starts: Gonzalez 1985.
    """
    means = _starts(rows, first, groups)
    labels = _nearest(rows, means)
    for _ in range(_STEPS):
        # A group that is empty, as where rows repeat, has no mean and keeps no place.
        alive = np.unique(labels)
        means = np.stack([rows[labels == group].mean(axis=0) for group in alive])
        moved = _nearest(rows, means)
        if np.array_equal(moved, np.searchsorted(alive, labels)):
            return moved
        labels = moved
    return labels


def _starts(rows: NDArray[np.floating], first: int, groups: int) -> NDArray[np.floating]:
    means = rows[[first]]
    apart = _distances(rows, means)[:, 0]
    while len(means) < min(groups, len(rows)):
        means = np.vstack([means, rows[int(np.argmax(apart))]])
        apart = np.minimum(apart, _distances(rows, means[-1:])[:, 0])
    return means


def _nearest(rows: NDArray[np.floating], means: NDArray[np.floating]) -> IntArray:
    return np.asarray(np.argmin(_distances(rows, means), axis=1), dtype=np.intp)


def _distances(rows: NDArray[np.floating], means: NDArray[np.floating]) -> FloatArray:
    """(n, m) squared, as far as rounding allows."""
    squares = (rows**2).sum(axis=1)[:, None] + (means**2).sum(axis=1)
    return np.asarray(squares - 2 * rows @ means.T, dtype=np.float64)
