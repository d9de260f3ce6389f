"""A smooth stand-in for recorded runs of mixtures: what one that nobody ran would have given.

Shapes: R recorded runs, N tasks.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import ConstantKernel, Kernel, Matern, WhiteKernel

from engine.replay.ranking import FloatArray

_TUNED_ON = 128
"""Runs on which the length scales are found: the time for it grows with the cube."""
_FOLDS = 5


@dataclass(frozen=True, slots=True)
class Surrogate:
    """Predicts results of mixtures."""

    process: GaussianProcessRegressor
    error: float
    """Root mean square of (recorded - predicted) over runs that the prediction had not seen."""

    def predict(self, shares_MN: FloatArray) -> FloatArray:
        """(M,) expected results of mixtures (M, N)."""
        return np.asarray(self.process.predict(np.sqrt(shares_MN)))


def fit_surrogate(shares_RN: FloatArray, results_R: FloatArray) -> Surrogate:
    """Fit a Gaussian process to the square roots of the shares, a length scale for each task.

    Args:
        shares_RN: Recorded mixtures, 2 or more; rows sum to 1.
        results_R: Their results, in any unit.

    Source: Matern 5/2 in Hellinger geometry, as in Bayesian optimisation of mixtures.
    """
    roots = np.sqrt(shares_RN)
    rng = np.random.default_rng(0)
    order = rng.permutation(len(roots))
    tuned = order[:_TUNED_ON]
    start = ConstantKernel() * Matern(np.ones(roots.shape[1]), (0.05, 20.0), nu=2.5)
    start += WhiteKernel(0.01, (1e-6, 1.0))
    with warnings.catch_warnings():
        # A length scale at its bound: a task whose share makes no difference.
        warnings.simplefilter("ignore", ConvergenceWarning)
        kernel = _process(start, tune=True).fit(roots[tuned], results_R[tuned]).kernel_
    errors = np.empty(len(roots))
    for held_out in np.array_split(order, min(_FOLDS, len(roots))):
        others = np.setdiff1d(order, held_out)
        fold = _process(kernel, tune=False).fit(roots[others], results_R[others])
        errors[held_out] = results_R[held_out] - fold.predict(roots[held_out])
    whole = _process(kernel, tune=False).fit(roots, results_R)
    return Surrogate(whole, float(np.sqrt(np.mean(errors**2))))


def _process(kernel: Kernel, *, tune: bool) -> GaussianProcessRegressor:
    optimizer = "fmin_l_bfgs_b" if tune else None
    return GaussianProcessRegressor(kernel, normalize_y=True, optimizer=optimizer)
