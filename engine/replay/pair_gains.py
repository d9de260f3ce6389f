"""A pairwise table's scores as gains over the target alone, and how noisy they are.

Shapes: T targets, N sources, S seeds.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from engine.replay.pairwise import PairwiseTable
from engine.replay.ranking import FloatArray

Control = Literal["seed", "mean"]
"""What a probe is compared with: the baseline of its own seed, or the mean over the baselines."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Gains:
    """A table's scores as gains: 0.03 is 3 % of the target's score without any source."""

    gains_TNS: FloatArray
    levels_T: FloatArray
    """Mean score of the baselines; of all sources where a target has none."""
    variances_TN: FloatArray
    """Of a pair's gain from seed to seed; NaN where it was run once or never."""


def gains_of(table: PairwiseTable, control: Control) -> Gains:
    """Scores less their control, relative to the target's level."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # means of targets without a baseline
        levels = np.nanmean(table.baselines_TS, axis=1)
        overall = np.nanmean(table.scores_TNS, axis=(1, 2))
        levels = np.asarray(np.where(np.isnan(levels), overall, levels))
        own = table.baselines_TS if control == "seed" else np.full_like(table.baselines_TS, np.nan)
        controls = np.asarray(np.where(np.isnan(own), levels[:, None], own))
        gains = (table.scores_TNS - controls[:, None, :]) / levels[:, None, None]
        variances = np.nanvar(gains, axis=2, ddof=1)
    return Gains(gains_TNS=gains, levels_T=levels, variances_TN=variances)


def run_noise(gains: Gains, sources: NDArray[np.bool_]) -> FloatArray:
    """(T,) standard deviations of a single run's gain, pooled over a target's pairs.

    NaN for a target of which no pair was run twice. `sources` (N,) are those that count.
    """
    counted = np.where(sources, gains.variances_TN, np.nan)
    several = np.isfinite(counted).any(axis=1)
    noise = np.full(len(counted), np.nan)
    noise[several] = np.sqrt(np.nanmean(counted[several], axis=1))
    return noise


def recorded(values: FloatArray) -> FloatArray:
    """Those of the values that are there."""
    return values[np.isfinite(values)]
