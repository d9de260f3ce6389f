"""From rows to what they say: means over targets with intervals, and paired differences.

Shapes: T targets, P policies, B budgets, D resamples.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from engine.replay.campaign import Row
from engine.replay.ranking import FloatArray

MEASURES = ("regret", "ndcg", "harmful")
_RESAMPLES = 4_000
_TAILS = (2.5, 97.5)


@dataclass(frozen=True, kw_only=True, slots=True)
class Interval:
    """A mean over targets; the interval covers 95 % of its bootstrap over targets."""

    mean: float
    low: float | None
    """None where there is one target: nothing tells how others would differ."""
    high: float | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """One policy at one budget, by one measure."""

    policy: str
    budget: int
    measure: str
    """Of `MEASURES`."""
    value: Interval
    difference: Interval | None
    """Less the first policy's, target by target; None for the first policy itself."""


def summarised(rows: Sequence[Row]) -> list[Line]:
    """A line for each measure, budget and policy, in the order of the rows.

    Every policy has rows for the same targets, budgets and campaigns. A target's value is the
    mean over its campaigns. The same resamples of targets serve all lines.
    """
    policies = list(dict.fromkeys(row.policy for row in rows))
    lines: list[Line] = []
    for measure in MEASURES:
        for budget in sorted({row.budget for row in rows}):
            means = {name: _by_target(rows, name, budget, measure) for name in policies}
            first = means[policies[0]]
            lines += [
                Line(
                    policy=name,
                    budget=budget,
                    measure=measure,
                    value=interval(found),
                    difference=None if name == policies[0] else interval(found - first),
                )
                for name, found in means.items()
                if found.size
            ]
    return lines


def interval(values_T: FloatArray) -> Interval:
    """The mean over targets, and where it would lie had other targets been drawn."""
    mean = float(values_T.mean())
    if len(values_T) < 2:
        return Interval(mean=mean, low=None, high=None)
    rng = np.random.default_rng(0)
    chosen = rng.integers(len(values_T), size=(_RESAMPLES, len(values_T)))
    low, high = np.percentile(values_T[chosen].mean(axis=1), _TAILS)
    return Interval(mean=mean, low=float(low), high=float(high))


def _by_target(rows: Sequence[Row], policy: str, budget: int, measure: str) -> FloatArray:
    """(T,) means over campaigns, of the targets that the measure is known of."""
    found: dict[str, list[float]] = {}
    for row in rows:
        value = getattr(row, measure)
        if row.policy == policy and row.budget == budget and value is not None:
            found.setdefault(row.target, []).append(value)
    return np.array([np.mean(values) for values in found.values()])
