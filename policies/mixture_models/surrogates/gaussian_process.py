"""A Gaussian process over mixtures, and the expected improvement of testing one.

Shapes: T finished branches, S shortlisted candidates, m mixtures.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.linalg import cho_solve, cholesky, solve_triangular
from scipy.optimize import minimize
from scipy.special import ndtr

from policies.branches import noise_correlation
from policies.mixture_models.surrogates.evidence import Evidence
from policies.roster import FloatArray

_ROOT5 = np.sqrt(5.0)
_JITTER = 1e-8
# Priors of the logarithms: mean and standard deviation. They keep a length of each task from
# being made up out of a handful of branches; gains are at deviation 1, roots of shares in [0, 1].
_SIGNAL = (0.0, 0.5)
_NUGGET = (np.log(0.1), 1.0)
_LENGTH = (np.log(0.7), 0.7)


@dataclass(frozen=True, kw_only=True, slots=True)
class GaussianProcess:
    """Posterior of the gain of any mixture, in the evidence's units."""

    roots: FloatArray
    """(T, S) square roots of the shares seen."""
    lengths: FloatArray
    """(S,) how far a task's root share must change for another gain; above 0."""
    signal: float
    """Standard deviation of gains before any evidence."""
    nugget: float
    """Standard deviation of what repeats differ by beyond their standard errors."""
    noise: FloatArray
    """(T, T) covariance of measuring."""
    gains: FloatArray
    """(T,)"""

    def predict(self, shares: FloatArray) -> tuple[FloatArray, FloatArray]:
        """(m,) means and (m,) standard deviations of the gains of mixtures (m, S)."""
        reach = _matern(_squares(np.sqrt(shares), self.roots, self.lengths), self.signal)
        factor = self._factor()
        mean = reach @ cho_solve((factor, True), self.gains)
        explained = (solve_triangular(factor, reach.T, lower=True) ** 2).sum(axis=0)
        return mean, np.sqrt(np.maximum(self.signal**2 - explained, 1e-12))

    def believing(self, shares: FloatArray) -> GaussianProcess:
        """As if the mixture (S,) had been tested and had given just what is expected of it.

        Source: "kriging believer", Ginsbourger, Le Riche, Carraro 2010, section 3.
        """
        mean, _ = self.predict(shares[None])
        size = len(self.gains)
        noise = np.zeros((size + 1, size + 1))
        noise[:size, :size] = self.noise
        noise[size, size] = float(np.median(np.diag(self.noise))) if size else 0.0
        return GaussianProcess(
            roots=np.vstack([self.roots, np.sqrt(shares)]),
            lengths=self.lengths,
            signal=self.signal,
            nugget=self.nugget,
            noise=noise,
            gains=np.append(self.gains, mean),
        )

    def _factor(self) -> FloatArray:
        covariance = _matern(_squares(self.roots, self.roots, self.lengths), self.signal)
        covariance += self.noise + (self.nugget**2 + _JITTER) * np.eye(len(self.gains))
        return np.asarray(cholesky(covariance, lower=True))


def fit_gaussian_process(seen: Evidence) -> GaussianProcess:
    """Lengths, signal and nugget of highest posterior density; without evidence, of the prior.

    Matern-5/2 with a length per task on square roots of shares (Hellinger distance), constant
    mean, noise as measured.

    Source: Rasmussen, Williams 2006, Gaussian Processes for Machine Learning, sections 4.2, 5.4.
    """
    roots = np.sqrt(seen.shares)
    noise = np.outer(seen.noise, seen.noise) * noise_correlation(seen.rounds)
    apart = (roots[:, None, :] - roots[None, :, :]) ** 2
    start = np.array([_SIGNAL[0], _NUGGET[0], *np.full(roots.shape[1], _LENGTH[0])])
    found = minimize(
        _loss,
        start,
        args=(apart, noise, seen.gains),
        jac=True,
        method="L-BFGS-B",
        bounds=[(-3.0, 2.0), (-7.0, 1.0), *[(-4.0, 4.0)] * roots.shape[1]],
        options={"maxiter": 100},
    )
    values = np.exp(found.x)
    return GaussianProcess(
        roots=roots,
        lengths=values[2:],
        signal=float(values[0]),
        nugget=float(values[1]),
        noise=noise,
        gains=seen.gains,
    )


def expected_improvement(mean: FloatArray, deviation: FloatArray, best: float) -> FloatArray:
    """(m,) expected excess over `best` of gains with these means and deviations (above 0).

    Source: Jones, Schonlau, Welch 1998, equation 15.
    """
    away = (mean - best) / deviation
    density = np.exp(-(away**2) / 2) / np.sqrt(2 * np.pi)
    return np.asarray(deviation * (away * ndtr(away) + density))


def _squares(one: FloatArray, other: FloatArray, lengths: FloatArray) -> FloatArray:
    """Squared distances in units of the lengths, (rows of one, rows of other)."""
    one, other = one / lengths, other / lengths
    squares = (one**2).sum(axis=1)[:, None] + (other**2).sum(axis=1) - 2 * one @ other.T
    return np.asarray(np.maximum(squares, 0.0))


def _matern(squares: FloatArray, signal: float) -> FloatArray:
    far = _ROOT5 * np.sqrt(squares)
    return np.asarray(signal**2 * (1 + far + far**2 / 3) * np.exp(-far))


def _loss(
    logs: FloatArray, apart: FloatArray, noise: FloatArray, gains: FloatArray
) -> tuple[float, FloatArray]:
    """Minus the log posterior of (signal, nugget, lengths...), and its gradient.

    `apart` (T, T, S) are squared differences of the roots.
    """
    signal, nugget, inverse = np.exp(logs[0]), np.exp(logs[1]), np.exp(-2 * logs[2:])
    far = _ROOT5 * np.sqrt(apart @ inverse)
    decay = signal**2 * np.exp(-far)
    kernel = decay * (1 + far + far**2 / 3)
    ident = np.eye(len(gains))
    factor = cholesky(kernel + noise + (nugget**2 + _JITTER) * ident, lower=True)
    weights = cho_solve((factor, True), gains)
    pull = np.outer(weights, weights) - cho_solve((factor, True), ident)
    # d kernel / d log length of task k = 5/3 (1 + far) exp(-far) signal^2 apart_k / length_k^2.
    by_length = np.einsum("ij,ijk->k", pull * decay * (1 + far) * 5 / 3, apart) * inverse
    slopes = np.array([(pull * kernel).sum(), nugget**2 * np.trace(pull), *(by_length / 2)])
    centres = np.array([_SIGNAL[0], _NUGGET[0], *np.full(len(inverse), _LENGTH[0])])
    widths = np.array([_SIGNAL[1], _NUGGET[1], *np.full(len(inverse), _LENGTH[1])])
    off = (logs - centres) / widths
    fit = gains @ weights / 2 + np.log(np.diag(factor)).sum() + (off**2).sum() / 2
    return float(fit), off / widths - slopes
