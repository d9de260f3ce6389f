"""Gaussian arms: what the finished branches say of each candidate's effect, in closed form.

    gain of a branch = shares @ effects + noise
    effect of a task = level + slope * expectation + own part

Level, slope and own parts are Gaussian, and so is the posterior. How far tasks differ and how
noisy a branch is beyond its standard error are no options: those sizes are taken under which the
measured gains are most probable. Branches of one mixture differ by noise alone, so that their
scatter tells it.

Source: linear Gaussian bandits as in Russo and Van Roy 2014, arXiv:1301.2609; empirical Bayes:
Gelman et al., Bayesian Data Analysis, chapter 5.
Shapes: N candidates, T finished branches, S candidates that took part in any of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_solve, solve_triangular

from policies.branches import SHARED_NOISE, Branches, noise_correlation
from policies.roster import FloatArray

_OWN = (0.1, 0.25, 0.5, 0.9, 1.5)
"""Sizes of the own part that are tried, in deviations of the gains that it would explain alone."""
_OWN_EXPECTED = 0.7
_EXTRA = (0.05, 0.2, 0.6)
"""Sizes of the noise beyond the standard error that are tried, in deviations of the gains."""
_EXTRA_EXPECTED = 0.2
_LEVEL = 1.0
"""Deviation of the level, in deviations of the gains."""
_SLOPE_MEAN, _SLOPE_SD = 0.6, 0.4
"""Of the slope, in sizes of the own part. With what `expectation` knows, it has medians of 0.5 to
0.7 over the targets of five set-ups of TaskWeb (arXiv:2305.13256)."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Arms:
    """The posterior over the effects of single tasks; inside, all is in units of `unit`."""

    meaning: ClassVar[str] = "effect"
    seen: Branches
    features: FloatArray
    """(N, 2) one, and the expectation."""
    weight_means: FloatArray
    """(2,) level and slope before any branch."""
    weight_sds: FloatArray
    """(2,)"""
    own: float
    """Deviation of the own parts."""
    noise: FloatArray
    """(T,) deviations of the gains' noise."""
    factor: FloatArray
    """(T, T) lower Cholesky factor of the gains' covariance."""
    unit: float
    """Nats."""

    def effects(self) -> tuple[FloatArray, FloatArray]:
        """(N,) means and (N,) standard deviations of the tasks' effects, nats."""
        mean = self._moved(self.features @ self.weight_means)
        by_weights = self.weight_sds[:, None] ** 2 * _mixed(self.seen, self.features).T
        left = np.diag(self.weight_sds**2) - self._explained(by_weights)
        variance = self.own**2 + ((self.features @ left) * self.features).sum(axis=1)
        tested = self.features[self.seen.tested]
        reach = tested @ by_weights + self.own**2 * self.seen.shares.T
        before = self.own**2 + tested**2 @ self.weight_sds**2
        variance[self.seen.tested] = before - np.diag(self._explained(reach))
        return mean * self.unit, np.sqrt(np.maximum(variance, 1e-12)) * self.unit

    def draw(self, rng: np.random.Generator) -> FloatArray:
        """(N,) effects drawn together from the posterior, nats."""
        # Matheron's rule: draw effects and gains from the prior, then correct the effects by how
        # far those gains are off. It needs no (N, N) matrix and no eigenvectors.
        weights = self.weight_means + self.weight_sds * rng.standard_normal(2)
        own = self.own * rng.standard_normal(len(self.features))
        return self._moved(self.features @ weights + own, self._drawn_noise(rng)) * self.unit

    def earned(self, caution: float) -> NDArray[np.bool_]:
        """(N,) tasks that some branch has trained on and whose effect is credibly above 0.

        Args:
            caution: Standard deviations by which the mean has to exceed 0.
        """
        mean, deviation = self.effects()
        return (self.seen.counts(len(mean)) > 0) & (mean > caution * deviation)

    def _moved(self, effects: FloatArray, noise: FloatArray | float = 0.0) -> FloatArray:
        """Effects, with gains that follow from them, moved to the gains that were measured."""
        tested, shares = self.seen.tested, self.seen.shares
        surprise = self.seen.gains / self.unit - shares @ effects[tested] - noise
        told = np.asarray(cho_solve((self.factor, True), surprise))
        weights = self.weight_sds**2 * (_mixed(self.seen, self.features).T @ told)
        moved = effects + self.features @ weights
        moved[tested] += self.own**2 * (shares.T @ told)
        return np.asarray(moved)

    def _explained(self, reach: FloatArray) -> FloatArray:
        """Covariance that the gains take from what has covariance `reach` (., T) with them."""
        whitened = solve_triangular(self.factor, reach.T, lower=True)
        return np.asarray(whitened.T @ whitened)

    def _drawn_noise(self, rng: np.random.Generator) -> FloatArray:
        rounds, of_round = np.unique(self.seen.rounds, return_inverse=True)
        shared = np.sqrt(SHARED_NOISE) * rng.standard_normal(len(rounds))[of_round]
        single = np.sqrt(1 - SHARED_NOISE) * rng.standard_normal(len(of_round))
        lost = self.own * np.sqrt(self.seen.lost) * rng.standard_normal(len(of_round))
        return np.asarray(self.noise * (shared + single) + lost)


def gaussian_arms(seen: Branches, expectation: FloatArray) -> Arms:
    """Condition on the finished branches, at the sizes under which they are most probable.

    Args:
        seen: The finished branches; none is fine.
        expectation: (N,) what is expected of each task before any branch, at mean 0 and deviation
            about 1; zeros where nothing is.
    """
    features = np.column_stack([np.ones(len(expectation)), expectation])
    mixed = _mixed(seen, features)
    unit = _unit(seen)
    gains = seen.gains / unit
    own, extra, odds = _sizes(seen)
    noise = np.hypot(seen.ses / unit, extra[:, None])
    factors = np.asarray(np.linalg.cholesky(_covariances(seen, mixed, own, noise)))
    surprise = gains - _SLOPE_MEAN * own[:, None] * mixed[:, 1]
    best = int(np.argmax(odds + _log_densities(factors, surprise)))
    return Arms(
        seen=seen,
        features=features,
        weight_means=np.array([0.0, _SLOPE_MEAN * own[best]]),
        weight_sds=np.array([_LEVEL, _SLOPE_SD * own[best]]),
        own=float(own[best]),
        noise=noise[best],
        factor=factors[best],
        unit=unit,
    )


def _unit(seen: Branches) -> float:
    """Deviation of the gains, nats; of a single one its size; 1 where nothing was measured."""
    peak = float(max(np.abs(seen.gains).max(initial=0.0), seen.ses.max(initial=0.0)))
    if peak == 0:
        return 1.0
    # Peak first: squares of 1e200 and of 1e-200 would leave the range.
    gains, ses = seen.gains / peak, seen.ses / peak
    spread = gains.var() + gains.mean() ** 2 / len(gains)
    return peak * float(np.sqrt(max(spread, np.mean(ses**2), 1e-12)))


def _sizes(seen: Branches) -> tuple[FloatArray, FloatArray, FloatArray]:
    """(H,) sizes of the own part, (H,) of the extra noise, and (H,) their log odds beforehand."""
    if not len(seen.gains):
        return np.array([_OWN_EXPECTED]), np.array([_EXTRA_EXPECTED]), np.zeros(1)
    own, extra = np.array(list(product(_OWN, _EXTRA))).T
    # Log-normal around what is expected.
    far = np.log(own / _OWN_EXPECTED) ** 2 + np.log(extra / _EXTRA_EXPECTED) ** 2
    # Of a mixture of many tasks the own parts average out: the same gains tell of larger ones.
    spread = float(np.sqrt(np.mean((seen.shares**2).sum(axis=1) + seen.lost)))
    return own / spread, extra, -far / 2


def _covariances(
    seen: Branches, mixed: FloatArray, own: FloatArray, noise: FloatArray
) -> FloatArray:
    """(H, T, T) of the gains, for H sizes `own` (H,) and `noise` (H, T), in units."""
    slope = _SLOPE_SD**2 * np.outer(mixed[:, 1], mixed[:, 1])
    single = slope + seen.shares @ seen.shares.T + np.diag(seen.lost)
    alike = noise_correlation(seen.rounds)
    return np.asarray(
        _LEVEL**2 * np.outer(mixed[:, 0], mixed[:, 0])
        + own[:, None, None] ** 2 * single
        + noise[:, :, None] * noise[:, None, :] * alike
    )


def _log_densities(factors: FloatArray, surprise: FloatArray) -> FloatArray:
    """(H,) of Gaussians with lower factors (H, T, T) at (H, T), up to a constant."""
    whitened = np.linalg.solve(factors, surprise[:, :, None])
    volume = np.log(np.diagonal(factors, axis1=1, axis2=2)).sum(axis=1)
    return np.asarray(-(whitened**2).sum(axis=(1, 2)) / 2 - volume)


def _mixed(seen: Branches, features: FloatArray) -> FloatArray:
    """(T, 2) the features of the tested mixtures."""
    return np.asarray(seen.shares @ features[seen.tested])
