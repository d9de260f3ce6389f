"""The log-linear mixing law: loss(w) = floor + exp(slopes . w).

Shapes: T finished branches, S shortlisted candidates, m mixtures.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize

from policies.mixture_models.surrogates.evidence import Evidence
from policies.roster import FloatArray

_HUBER = 0.1
"""Residual, in standard deviations of the gains, from which on it counts linearly; more where
measuring is noisier. Olmix: 0.02 nats, of losses whose deviation was some 0.3."""
_DOUBT = 0.001
"""Variance of what the law itself gets wrong, beside that of measuring, in the same units."""
_STARTS = np.log(np.geomspace(0.1, 10.0, 5))
"""Logarithms of how far the floor lies below the lowest loss seen, to start from."""
_STEEPEST = 12.0


@dataclass(frozen=True, kw_only=True, slots=True)
class LogLinearLaw:
    """Fitted to gains at deviation 1; the loss is minus the gain."""

    floor: float
    """Loss that no mixture goes below."""
    slopes: FloatArray
    """(S,) how fast a task's share raises the logarithm of the loss above the floor."""

    def gain(self, shares: FloatArray) -> FloatArray:
        """(m,) of mixtures (m, S)."""
        return np.asarray(-self.floor - np.exp(shares @ self.slopes))


def fit_log_linear_law(seen: Evidence) -> LogLinearLaw:
    """The law of least Huber loss; at least one branch.

    The reference draws 30 random slopes for each of ten floors to start from. Here each floor
    starts from the slopes that fit the logarithms best, since with the floor known the law is
    linear in them. The slopes' scatter is penalised as far as noise demands: a campaign has
    fewer branches than the reference has runs, at times fewer than tasks.

    Source: Ye et al. 2024, "Data Mixing Laws", arXiv:2403.16952, section 3; Huber loss and L-BFGS
    from many starts as in the code of Olmix (allenai/olmix).
    """
    problem = _Problem.of(seen)
    fits = [
        minimize(
            problem.loss,
            problem.start(float(below)),
            jac=True,
            method="L-BFGS-B",
            bounds=[(-5.0, 4.0), *[(-_STEEPEST, _STEEPEST)] * seen.shares.shape[1]],
            options={"maxiter": 150},
        )
        for below in _STARTS
    ]
    best = min(fits, key=lambda fit: float(fit.fun)).x
    return LogLinearLaw(floor=problem.lowest - float(np.exp(best[0])), slopes=best[1:])


@dataclass(frozen=True, kw_only=True, slots=True)
class _Problem:
    """What is minimised over the vector (log distance of the floor, slopes...)."""

    shares: FloatArray
    losses: FloatArray
    lowest: float
    huber: float
    ridge: float

    @staticmethod
    def of(seen: Evidence) -> _Problem:
        noise = float(np.mean(seen.noise**2))
        huber = float(np.hypot(_HUBER, np.sqrt(noise)))
        return _Problem(
            shares=seen.shares,
            losses=-seen.gains,
            lowest=float((-seen.gains).min()),
            huber=huber,
            ridge=(_DOUBT + noise) / huber,
        )

    def start(self, below: float) -> FloatArray:
        """The slopes that fit the logarithms of losses above this floor best."""
        logs = np.log(self.losses - self.lowest + np.exp(below))
        size = self.shares.shape[1]
        # The slopes' mean is free, but for what keeps the matrix from being singular.
        normal = self.shares.T @ self.shares + self.ridge * (np.eye(size) - 1 / size)
        slopes = np.linalg.solve(normal + 1e-6 * np.eye(size), self.shares.T @ logs)
        return np.append(below, np.clip(slopes, -_STEEPEST, _STEEPEST))

    def loss(self, values: FloatArray) -> tuple[float, FloatArray]:
        """Huber loss plus penalty, and the gradient."""
        below, slopes = np.exp(values[0]), values[1:]
        above = np.exp(self.shares @ slopes)
        off = self.lowest - below + above - self.losses
        pull = np.clip(off, -self.huber, self.huber)
        fit = (np.abs(off) * np.abs(pull) - pull**2 / 2).sum() / self.huber
        gradient = np.append(-below * pull.sum(), self.shares.T @ (pull * above)) / self.huber
        # Slopes count in the gains that they stand for: times the mean height above the floor.
        scatter, height = slopes - slopes.mean(), below - self.lowest
        gradient += self.ridge * height * np.append(below * scatter @ scatter, height * scatter)
        return float(fit + self.ridge * height**2 * (scatter @ scatter) / 2), gradient
