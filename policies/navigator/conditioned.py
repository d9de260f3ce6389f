"""The belief under one hypothesis: Gaussian throughout. `belief` has the model.

Shapes: N candidates, T finished branches, n shortlisted candidates, m mixtures.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.linalg import cho_solve, cholesky, solve_triangular

from policies.branches import Branches, noise_correlation
from policies.navigator.hypotheses import Hypothesis
from policies.navigator.prior import Prior
from policies.roster import FloatArray, IntArray

DIVERSITY_MEAN = 0.8
DIVERSITY_SD = 0.4
_NOISE_FLOOR = 0.05
_USUAL_SE = 0.3
"""Standard error to expect of the first gain, in units."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Measured:
    """What was measured, seen from the prior: the same under every hypothesis, in units."""

    prior: Prior
    seen: Branches
    mean: FloatArray
    """(N,) prior means of the effects."""
    variance: FloatArray
    """(N,) prior variances of the effects."""
    reach: FloatArray
    """(N, T) prior covariance of the effects with the measured gains."""
    spread: FloatArray
    """(T,) diversity of the tested mixtures, (1 - w'Gw) / 2."""
    expected: FloatArray
    """(T,) gains."""
    covariance: FloatArray
    """(T, T) of the gains, without misfit and noise."""


def measured(start: Prior, seen: Branches) -> Measured:
    """Hold the finished branches against the prior; none is fine."""
    everyone = np.arange(len(start.families), dtype=np.intp)
    reach = start.covariance(everyone, seen.tested) @ seen.shares.T
    spread = diversity(seen.shares, start.overlap(seen.tested))
    mean = start.mean()
    return Measured(
        prior=start,
        seen=seen,
        mean=mean,
        variance=start.variance(),
        reach=reach,
        spread=spread,
        expected=seen.shares @ mean[seen.tested] + DIVERSITY_MEAN * spread,
        covariance=seen.shares @ reach[seen.tested] + DIVERSITY_SD**2 * np.outer(spread, spread),
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class Conditioned:
    """Prior and evidence under one hypothesis; in its units but where nats are said."""

    on: Measured
    under: Hypothesis
    factor: FloatArray
    """(T, T) lower Cholesky factor of the gains' covariance."""
    solved: FloatArray
    """(T,) what was measured beyond what was expected, solved by that covariance."""
    log_evidence: float
    """Log density of what was measured, in nats, and of the hypothesis."""

    @property
    def scale(self) -> float:
        return self.under.scale

    @property
    def test_variance(self) -> float:
        """Of the noise in the next gain, nats squared."""
        ses = self.on.seen.ses if self.on.seen.ses.size else np.array([_USUAL_SE * self.scale])
        branch = 1 + self.under.branch**2
        return float(np.median(ses)) ** 2 * branch + (_NOISE_FLOOR * self.scale) ** 2

    def precision(self) -> FloatArray:
        """(T, T) inverse of the gains' covariance."""
        identity = np.eye(len(self.factor))
        return np.asarray(cho_solve((self.factor, True), identity, check_finite=False))

    def joint(self, chosen: IntArray) -> tuple[FloatArray, FloatArray]:
        """(n + 1,) mean and (n + 1, n + 1) covariance of the chosen effects and, last, of c."""
        before = np.zeros((len(chosen) + 1, len(chosen) + 1))
        before[:-1, :-1] = self.on.prior.covariance(chosen, chosen)
        before[-1, -1] = DIVERSITY_SD**2
        reach = np.vstack([self.on.reach[chosen], DIVERSITY_SD**2 * self.on.spread])
        mean = np.append(self.on.mean[chosen], DIVERSITY_MEAN) + reach @ self.solved
        return mean, _less(before, reach, self.factor)

    def gains(self, shares: FloatArray, chosen: IntArray) -> tuple[FloatArray, FloatArray]:
        """(m,) means, nats, and (m, m) covariance, nats squared, of mixtures (m, n)."""
        apart = diversity(shares, self.on.prior.overlap(chosen))
        roots, tested = np.sqrt(shares), self._tested_roots(chosen)
        before = shares @ self.on.prior.covariance(chosen, chosen) @ shares.T
        before += DIVERSITY_SD**2 * np.outer(apart, apart)
        before += misfit(roots @ roots.T, shares, shares, self.under)
        reach = shares @ self.on.reach[chosen] + DIVERSITY_SD**2 * np.outer(apart, self.on.spread)
        reach += misfit(roots @ tested.T, shares, self.on.seen.shares, self.under)
        mean = shares @ self.on.mean[chosen] + DIVERSITY_MEAN * apart + reach @ self.solved
        return self.scale * mean, self.scale**2 * _less(before, reach, self.factor)

    def _tested_roots(self, chosen: IntArray) -> FloatArray:
        """(T, n) roots of the tested mixtures' shares of the chosen."""
        roots = np.zeros((len(self.on.seen.gains), len(self.on.reach)))
        roots[:, self.on.seen.tested] = np.sqrt(self.on.seen.shares)
        return roots[:, chosen]


def conditioned(on: Measured, under: Hypothesis) -> Conditioned:
    """Condition on what was measured."""
    seen = on.seen
    roots = np.sqrt(seen.shares)
    noise = noise_covariance(seen, under)
    noise += misfit(roots @ roots.T, seen.shares, seen.shares, under)
    factor = lower_factor(on.covariance + noise)
    surprise = seen.gains / under.scale - on.expected
    solved = np.asarray(cho_solve((factor, True), surprise, check_finite=False))
    # The last term turns a density in units into one in nats.
    volume = np.log(np.diag(factor)).sum() + len(surprise) * np.log(under.scale)
    return Conditioned(
        on=on,
        under=under,
        factor=factor,
        solved=solved,
        log_evidence=float(under.log_odds - surprise @ solved / 2 - volume),
    )


def noise_covariance(seen: Branches, under: Hypothesis) -> FloatArray:
    """(T, T) in units; gains of one round share their control's part."""
    variances = (seen.ses / under.scale) ** 2 * (1 + under.branch**2) + _NOISE_FLOOR**2
    deviations = np.sqrt(variances)
    shared = np.outer(deviations, deviations) * noise_correlation(seen.rounds)
    return np.asarray(shared + np.diag(seen.ages * under.drift**2 + seen.lost))


def diversity(shares: FloatArray, overlap: FloatArray) -> FloatArray:
    """(m,) of mixtures (m, n): 0 for a single task, near 1/2 for many that do not overlap."""
    return np.asarray((shares.sum(axis=1) ** 2 - ((shares @ overlap) * shares).sum(axis=1)) / 2)


def misfit(
    affinity: FloatArray, left: FloatArray, right: FloatArray, under: Hypothesis
) -> FloatArray:
    """Covariance of misfits, from the inner products of the mixtures' roots."""
    apart = left.sum(axis=1)[:, None] + right.sum(axis=1) - 2 * affinity
    near = np.exp(-np.maximum(apart, 0.0) / (2 * under.length**2))
    return np.asarray(under.misfit**2 * near)


def lower_factor(covariance: FloatArray) -> FloatArray:
    """Lower Cholesky factor; a matrix that is not quite positive is lifted until it is."""
    lift = 0.0
    least = 1e-6 * max(1.0, float(np.abs(np.diag(covariance)).max(initial=0.0)))
    # Cosines from sketches, cut at 0, need not form a positive matrix.
    while True:
        try:
            lifted = covariance + lift * np.eye(len(covariance))
            return np.asarray(cholesky(lifted, lower=True, check_finite=False))
        except np.linalg.LinAlgError:
            lift = max(10 * lift, least)


def _less(before: FloatArray, reach: FloatArray, factor: FloatArray) -> FloatArray:
    """The covariance that is left once the gains are known."""
    explained = solve_triangular(factor, reach.T, lower=True, check_finite=False)
    after = before - explained.T @ explained
    return np.asarray((after + after.T) / 2)
