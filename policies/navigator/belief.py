"""The posterior over task effects, in closed form.

The model of a mixture w, in units of `scale` (nats):

    gain(w) = w'b + c (1 - w'Gw) / 2 + misfit(w) + noise

b are the effects of single tasks (Gaussian, see `prior`), c >= 0 what diversity adds (a task at
half its share gives more than half its effect, unless the other half teaches the same), G the
overlap of tasks, misfit a small Gaussian process on sqrt(w), so that repeating one mixture is
less evidence about its tasks than testing different ones. All unknowns are jointly Gaussian.

Source: quadratic gain on the simplex, reference form of TaskPGM and GREATS (arXiv:2406.11011);
Hellinger kernel on mixtures; hierarchical weights of signals: Gelman et al., Bayesian Data
Analysis, chapter 15.
Shapes: N candidates, T finished branches, n shortlisted candidates.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.linalg import cho_solve, cholesky

from policies.branches import Branches
from policies.navigator.prior import Prior
from policies.roster import FloatArray, IntArray

DIVERSITY_MEAN = 0.8
DIVERSITY_SD = 0.4
_MISFIT = 0.15
_MISFIT_LENGTH = 0.4
_SHARED_NOISE = 0.5
"""Correlation of two gains of a round: both are differences from the same control."""
_NOISE_FLOOR = 0.05
_SCALES = (0.5, 1.0, 2.0)


@dataclass(frozen=True, kw_only=True, slots=True)
class Noise:
    """How far a measured gain lies from the mixture's."""

    branch: float
    """Noise of training, as a multiple of the standard error of measuring."""
    drift: float
    """Standard deviation added per round of age, in units of the effect size."""

    def covariance(self, seen: Branches, scale: float) -> FloatArray:
        """(T, T) in units of `scale`; gains of one round share their control's part."""
        variances = (seen.ses / scale) ** 2 * (1 + self.branch**2) + _NOISE_FLOOR**2
        deviations = np.sqrt(variances)
        same_round = seen.rounds[:, None] == seen.rounds[None, :]
        shared = _SHARED_NOISE * np.outer(deviations, deviations) * same_round
        np.fill_diagonal(shared, variances + seen.ages * self.drift**2 + seen.lost)
        return np.asarray(shared)


@dataclass(frozen=True, kw_only=True, slots=True)
class Belief:
    """Prior and evidence put together."""

    prior: Prior
    seen: Branches
    scale: float
    """Size of one unit of effect, nats."""
    reach: FloatArray
    """(N, T) prior covariance of the effects with the measured gains."""
    spread: FloatArray
    """(T,) diversity of the tested mixtures, (1 - w'Gw) / 2."""
    factor: FloatArray
    """(T, T) lower Cholesky factor of the gains' covariance."""
    surprise: FloatArray
    """(T,) measured minus expected gains."""

    def effects(self) -> tuple[FloatArray, FloatArray]:
        """(N,) means and (N,) standard deviations of the single tasks' effects, in units."""
        mean = self.prior.mean() + self.reach @ self._solve(self.surprise)
        explained = np.einsum("nt,tn->n", self.reach, self._solve(self.reach.T))
        return mean, np.sqrt(np.maximum(self.prior.variance() - explained, 1e-12))

    def joint(self, chosen: IntArray) -> tuple[FloatArray, FloatArray]:
        """(n + 1,) mean and (n + 1, n + 1) covariance of the chosen effects and, last, of c."""
        before = np.zeros((len(chosen) + 1, len(chosen) + 1))
        before[:-1, :-1] = self.prior.covariance(chosen, chosen)
        before[-1, -1] = DIVERSITY_SD**2
        reach = np.vstack([self.reach[chosen], DIVERSITY_SD**2 * self.spread])
        mean = np.append(self.prior.mean()[chosen], DIVERSITY_MEAN)
        mean = mean + reach @ self._solve(self.surprise)
        after = before - reach @ self._solve(reach.T)
        return mean, (after + after.T) / 2

    def _solve(self, right: FloatArray) -> FloatArray:
        return np.asarray(cho_solve((self.factor, True), right))


def believe(start: Prior, seen: Branches, noise: Noise, effect: float) -> Belief:
    """Condition on the evidence, at the effect size under which it is most probable.

    Args:
        start: What the signals say.
        seen: The finished branches; none is fine.
        noise: Of measured gains.
        effect: Expected size of a single task's effect, nats; the evidence may move it.
    """
    size = float(np.abs(seen.gains).max(initial=0.0))
    # Gains far beyond the expected size move the anchor, so that any scale of loss is usable.
    anchor = max(effect, size / 4)
    beliefs = [_conditioned(start, seen, noise, anchor * factor) for factor in _SCALES]
    return max(beliefs, key=lambda belief: _log_evidence(belief, anchor))


def _conditioned(start: Prior, seen: Branches, noise: Noise, scale: float) -> Belief:
    everyone = np.arange(len(start.families), dtype=np.intp)
    reach = start.covariance(everyone, seen.tested) @ seen.shares.T
    spread = diversity(seen.shares, start.overlap(seen.tested))
    gains = seen.shares @ reach[seen.tested] + DIVERSITY_SD**2 * np.outer(spread, spread)
    covariance = gains + _misfit(seen.shares) + noise.covariance(seen, scale)
    expected = seen.shares @ start.mean()[seen.tested] + DIVERSITY_MEAN * spread
    return Belief(
        prior=start,
        seen=seen,
        scale=scale,
        reach=reach,
        spread=spread,
        factor=lower_factor(covariance),
        surprise=seen.gains / scale - expected,
    )


def diversity(shares: FloatArray, overlap: FloatArray) -> FloatArray:
    """(m,) of mixtures (m, n): 0 for a single task, near 1/2 for many that do not overlap."""
    return np.asarray((shares.sum(axis=1) ** 2 - ((shares @ overlap) * shares).sum(axis=1)) / 2)


def _misfit(shares: FloatArray) -> FloatArray:
    roots = np.sqrt(shares)
    apart = ((roots[:, None, :] - roots[None, :, :]) ** 2).sum(axis=2)
    return np.asarray(_MISFIT**2 * np.exp(-apart / (2 * _MISFIT_LENGTH**2)))


def lower_factor(covariance: FloatArray) -> FloatArray:
    """Lower Cholesky factor; a matrix that is not quite positive is lifted until it is."""
    lift = 0.0
    # Cosines from sketches, cut at 0, need not form a positive matrix.
    while True:
        try:
            lifted = covariance + lift * np.eye(len(covariance))
            return np.asarray(cholesky(lifted, lower=True))
        except np.linalg.LinAlgError:
            lift = max(10 * lift, 1e-6)


def _log_evidence(belief: Belief, anchor: float) -> float:
    """Log density of the measured gains at a belief's scale, with a log-normal prior on it."""
    if not belief.surprise.size:
        return -abs(float(np.log(belief.scale / anchor)))
    fit = belief.surprise @ belief._solve(belief.surprise)
    volume = 2 * np.log(np.diag(belief.factor)).sum()
    jacobian = 2 * belief.surprise.size * np.log(belief.scale / anchor)
    return float(-(fit + volume + jacobian + 2 * np.log(belief.scale / anchor) ** 2) / 2)
