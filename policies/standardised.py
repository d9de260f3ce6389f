"""Scores of any scale made comparable."""

from __future__ import annotations

import numpy as np

from policies.roster import FloatArray


def standardised(scores: FloatArray) -> FloatArray:
    """Scores (N, ...) at mean 0 and deviation 1 over the first axis, cut at 2.5.

    Exact zeros are no evidence and stay 0.
    """
    known = scores != 0
    count = np.maximum(known.sum(axis=0), 1)
    # Peak first: squares of 1e30 and of 1e-200 would leave the range.
    peak = np.abs(scores).max(axis=0)
    level = scores / np.where(peak > 0, peak, 1.0)
    centred = np.where(known, level - level.sum(axis=0) / count, 0.0)
    spread = np.sqrt((centred**2).sum(axis=0) / count)
    steady = spread < 1e-9
    return np.asarray(np.clip(centred / np.where(steady, 1.0, spread), -2.5, 2.5) * ~steady)
