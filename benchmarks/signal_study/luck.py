"""How far from zero luck alone carries a method's mean correlation over the targets."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

from benchmarks.signal_study.table import Transfer

# Shape suffixes: N candidates, D draws, K tasks that are a candidate for some target.

_DRAWS = 20_000


def reach_of_luck(
    measured: Sequence[Transfer], rng: np.random.Generator, *, alike: bool = False
) -> float:
    """What the mean Spearman correlation of scores without meaning stays within, 19 times in 20.

    Args:
        measured: Each with gains that differ.
        rng: Draws the scores.
        alike: A candidate has the same score for all targets, as it does by a signal that concerns
            none of them: luck then strikes all targets at once, and reaches farther.

    Returns:
        Absolute value.
    """
    names = sorted({name for one in measured for name in one.candidates})
    place = {name: number for number, name in enumerate(names)}
    scores_DK = rng.random((_DRAWS, len(names)))
    total_D = np.zeros(_DRAWS)
    for one in measured:
        columns = [place[name] for name in one.candidates]
        scores_DN = scores_DK[:, columns] if alike else rng.random((_DRAWS, len(columns)))
        total_D += _unit_ranks(scores_DN) @ _unit_ranks(one.gains_SN.mean(axis=0)[None])[0]
    return float(np.quantile(np.abs(total_D) / len(measured), 0.95))


def _unit_ranks(values_DN: NDArray[np.float64]) -> NDArray[np.float64]:
    """Ranks along the last axis, centred and of length 1: products are Spearman correlations."""
    ranks_DN = rankdata(values_DN, axis=-1)
    centred_DN = ranks_DN - ranks_DN.mean(axis=-1, keepdims=True)
    unit_DN: NDArray[np.float64] = centred_DN / np.linalg.norm(centred_DN, axis=-1, keepdims=True)
    return unit_DN
