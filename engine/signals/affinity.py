"""Affinity: how alike the ways are in which two tasks' prefix vectors moved."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import rankdata

from engine.signals.similarity import cosines_between

# Shape suffixes: K tasks, d coordinates of a prefix vector.


def affinity(moved_Kd: ArrayLike, *, least: float = 0.01) -> NDArray[np.float64]:
    """Pearson correlation of every two tasks' prefix vectors.

    Symmetric, as transfer between tasks is not: a prior for decisions, never the decision.

    Args:
        moved_Kd: Prefix vectors minus their initial values.
        least: A vector that moved less than this share of the furthest one counts as not trained:
            weight decay alone moves it, all such vectors the same way.

    Returns:
        (K, K) in [-1, 1], exactly symmetric, ones on the diagonal; 0 in row, column and diagonal of
        a task that was hardly trained, which is no evidence.

    Raises:
        ValueError: If the shape is wrong or a number is not finite.

    Source: Zhang et al. 2022 (Task Compass), arXiv:2210.06277, analysis of task prefixes; minus
    the initial values, so that what two vectors were at birth does not count as likeness.
    """
    moved = np.asarray(moved_Kd, dtype=np.float64)
    if moved.ndim != 2 or not np.isfinite(moved).all():
        raise ValueError(f"Affinity needs finite vectors of shape (K, d), got {moved.shape}.")
    centred = moved - moved.mean(axis=1, keepdims=True)
    centred[_hardly_moved(moved, centred, least)] = 0.0
    return cosines_between(centred)


def reliability(halfway_Kd: ArrayLike, final_Kd: ArrayLike) -> float:
    """How far affinity can be trusted: agreement between two halves of training.

    Affinities from the movement in the first half are compared with affinities from the movement
    in the second, over all pairs of tasks (Spearman's rank correlation).

    Args:
        halfway_Kd: Prefix vectors minus their initial values after half the steps.
        final_Kd: The same after all steps.

    Returns:
        In [-1, 1]; around 0 the affinities are noise. 0 where all pairs are alike, or there are
        fewer than 3 tasks.

    Raises:
        ValueError: As `affinity`, or if the shapes disagree.
    """
    halfway = np.asarray(halfway_Kd, dtype=np.float64)
    final = np.asarray(final_Kd, dtype=np.float64)
    if halfway.shape != final.shape:
        raise ValueError(f"Halves differ in shape: {halfway.shape} and {final.shape}.")
    first, second = affinity(halfway), affinity(final - halfway)
    pairs = np.triu_indices(len(final), k=1)
    ranks = np.stack([rankdata(half[pairs]) for half in (first, second)])
    centred = ranks - ranks.mean(axis=1, keepdims=True) if ranks.size else ranks
    return float(cosines_between(centred)[0, 1])


def _hardly_moved(
    moved_Kd: NDArray[np.float64], centred_Kd: NDArray[np.float64], least: float
) -> NDArray[np.bool_]:
    """(K,) True where a vector moved too little, or by the same amount in every coordinate."""
    length = np.linalg.norm(moved_Kd, axis=1)
    shape = np.linalg.norm(centred_Kd, axis=1)
    # What is left of a constant vector after centring is rounding.
    hardly = (length <= least * length.max(initial=0.0)) | (shape <= 1e-12 * length)
    return np.asarray(hardly)
