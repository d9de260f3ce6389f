"""How sure a metric is: its interval when the examples are drawn again, with replacement."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from tasks import Judged, Metric

NUM_RESAMPLES: Final = 1000
_INTERVAL = (0.025, 0.975)

Resample = tuple[NDArray[np.int64], NDArray[np.int64] | None]
"""(m,) rows, and (m,) the groups that they then belong to, where whole groups were drawn."""


def resamples(
    num_examples: int, groups: NDArray[np.int64] | None, rng: np.random.Generator
) -> list[Resample]:
    """Examples drawn with replacement, `NUM_RESAMPLES` times.

    Args:
        num_examples: Of the split.
        groups: (num_examples,) for metrics that read groups: then whole groups are drawn, as the
            candidates of one question are no independent evidence, and one drawn twice is two.
        rng: Equal generators give equal resamples.
    """
    if groups is None:
        drawn = rng.integers(num_examples, size=(NUM_RESAMPLES, num_examples))
        return [(rows, None) for rows in drawn]
    order = np.argsort(groups, kind="stable")
    _, first = np.unique(groups[order], return_index=True)
    members = np.split(order, first[1:])
    drawn = rng.integers(len(members), size=(NUM_RESAMPLES, len(members)))
    return [_together([members[group] for group in row]) for row in drawn]


def interval(metric: Metric, judged: Judged, drawn: Sequence[Resample]) -> tuple[float, float]:
    """Central 95 % of the metric's values over the resamples.

    Source: Efron and Tibshirani 1993, "An Introduction to the Bootstrap", section 13.3.
    """
    values = [metric(judged.rows(rows, groups=groups)) for rows, groups in drawn]
    low, high = np.quantile(values, _INTERVAL)
    return float(low), float(high)


def _together(members: list[NDArray[np.int64]]) -> Resample:
    sizes = [len(rows) for rows in members]
    return np.concatenate(members), np.repeat(np.arange(len(members)), sizes)
