"""Metrics of scores."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from scipy import stats

from tasks.metrics.judged import Judged


def pearson(judged: Judged) -> float:
    """Linear correlation, in [-1, 1]."""
    return _correlation(stats.pearsonr, judged)


def spearman(judged: Judged) -> float:
    """Correlation of ranks, in [-1, 1]."""
    return _correlation(stats.spearmanr, judged)


def pearson_spearman_mean(judged: Judged) -> float:
    """Mean of the two correlations, as GLUE reports STS-B."""
    return (pearson(judged) + spearman(judged)) / 2


def _correlation(statistic: Callable[..., Any], judged: Judged) -> float:
    if np.ptp(judged.predictions) == 0 or np.ptp(judged.references) == 0:
        return 0.0
    value = float(statistic(judged.predictions, judged.references).statistic)
    return value if np.isfinite(value) else 0.0
