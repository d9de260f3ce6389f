"""How good each candidate was for the targets of earlier campaigns.

Shapes: N candidates, P past targets.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from policies.roster import FloatArray, Roster
from policies.view import PastBranch, View

_BETWEEN = 0.33
"""Variance of true mean effects, where gains of a target are at mean 0 and variance 1: a one-way
analysis of variance over the 21 targets of TaskWeb (arXiv:2305.13256, T5-large)."""
_WITHIN = 1 - _BETWEEN


@dataclass(frozen=True, kw_only=True, slots=True)
class SourceEffects:
    """Mean effects over past targets, in standard deviations of a target's gains."""

    mean: FloatArray
    """(N,) shrunk towards 0, the mean of all; 0 where never seen."""
    se: FloatArray
    """(N,) standard deviation of what the true mean may be; largest where never seen."""
    count: FloatArray
    """(N,) past targets that tell of it; a target that had only some of it counts in part."""


def source_effects(view: View, who: Roster) -> SourceEffects:
    """Average what `view.past` says of each candidate: every target counts once.

    The gains of a target are standardised, since those of different campaigns share no unit, and a
    branch tells of its tasks by their shares and by `likeness`. Gains that scatter no more than
    their standard errors explain tell nothing.

    Source: "source main effect" of TaskWeb (Kim et al. 2023, arXiv:2305.13256); shrinkage is the
    posterior mean of a one-way Gaussian model (Gelman et al., Bayesian Data Analysis, section 5.4).
    """
    places = {name: at for at, name in enumerate(who.names)}
    by_target: dict[str, list[PastBranch]] = {}
    for branch in view.past:
        by_target.setdefault(branch.target, []).append(branch)
    total, count = np.zeros(len(who.names)), np.zeros(len(who.names))
    for target in sorted(by_target):
        effect, told = _effects(by_target[target], places)
        total += told * effect
        count += told
    precision = 1 / _BETWEEN + count / _WITHIN
    return SourceEffects(mean=total / _WITHIN / precision, se=np.sqrt(1 / precision), count=count)


def _effects(branches: list[PastBranch], places: dict[str, int]) -> tuple[FloatArray, FloatArray]:
    """(N,) mean standardised gain of one target, and (N,) how far it tells, 0 to 1."""
    gains, trust = _standardised(branches)
    credit, credited = np.zeros(len(places)), np.zeros(len(places))
    for branch, gain in zip(branches, gains, strict=True):
        for name, share in branch.mixture.items():
            if name in places:
                weight = share * branch.likeness
                credit[places[name]] += weight
                credited[places[name]] += weight * gain
    effect = np.divide(credited, credit, out=np.zeros(len(places)), where=credit > 0)
    return effect, trust * np.minimum(credit, 1.0)


def _standardised(branches: list[PastBranch]) -> tuple[FloatArray, float]:
    """(T,) gains at mean 0 and deviation 1, and the part of their variance that is no noise."""
    gains = np.array([branch.gain for branch in branches], dtype=np.float64)
    ses = np.array([branch.se for branch in branches], dtype=np.float64)
    # Peak first: squares of 1e200 and of 1e-200 would leave the range.
    peak = float(np.abs(gains).max())
    if peak == 0:
        return np.zeros_like(gains), 0.0
    level = gains / peak
    spread = float(level.std())
    if spread < 1e-9:
        return np.zeros_like(gains), 0.0
    noise = float(np.mean(np.minimum(ses / peak / spread, 1.0) ** 2))
    return (level - level.mean()) / spread, max(0.0, 1.0 - noise)
