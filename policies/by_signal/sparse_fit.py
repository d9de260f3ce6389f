"""The few candidates whose gradients together make up the target's: a non-negative lasso.

Shapes: N candidates, n of them in the fit, k the width of a direction, B right-hand sides.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.linalg import cholesky, solve_triangular
from scipy.optimize import nnls

from policies.by_signal.directions import along, directions
from policies.roster import FloatArray, IntArray, Roster, best_first
from policies.view import View

_IN_THE_FIT = 128
"""Candidates that a fit runs over at once; its cost grows with the cube."""
_PASSES = 4
"""Fits at most, each after a look at all candidates; one or two are usual."""
_TOLERANCE = 1e-5
"""Of alignment 1; what float32 leaves."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Problem:
    """Minimise |V'nu - v|^2 / 2 + penalty * sum(prices * nu) + ridge * |nu|^2 / 2 over nu >= 0.

    The target's direction v is known by its inner products with the rows of V alone, and no more is
    needed: the objective is nu'(VV' + ridge)nu / 2 - (alignment - penalty * prices)'nu.
    """

    alignment: FloatArray
    """(N,) inner products with v, the largest of order 1."""
    prices: FloatArray
    """(N,) what a unit of weight costs, above 0, of order 1."""
    penalty: float
    """A candidate enters when it adds more alignment than this, per price."""
    ridge: float
    """Above 0; divides weight between nearly equal gradients."""

    def solve(self, chosen: IntArray, rows: FloatArray, alignments: FloatArray) -> FloatArray:
        """(B, n) nu over the chosen candidates, for each of B readings of their alignments (B, n).

        Candidates with a row of zeros get no weight.
        """
        described = rows.any(axis=1)
        right = (alignments - self.penalty * self.prices[chosen]) * described
        # As non-negative least squares: |L'nu - right / L|^2 with LL' = VV' + ridge.
        factor = cholesky(rows @ rows.T + self.ridge * np.eye(len(rows)), lower=True)
        turned = solve_triangular(factor, right.T, lower=True).T
        return np.stack([nnls(factor.T, one)[0] for one in turned])


@dataclass(frozen=True, kw_only=True, slots=True)
class Fit:
    """The solution: all candidates that are not held have weight 0."""

    chosen: IntArray
    """(n,) places in the roster, rising."""
    rows: FloatArray
    """(n, k) their directions."""
    weights: FloatArray
    """(n,) nu."""


def sparse_fit(problem: Problem, view: View, who: Roster) -> Fit:
    """Solve for all candidates, by fits over some and looks at the rest (column generation)."""
    chosen = np.sort(best_first(problem.alignment / problem.prices, who)[:_IN_THE_FIT])
    for _ in range(_PASSES):
        rows = directions(view, who, chosen)
        weights = problem.solve(chosen, rows, problem.alignment[chosen][None, :])[0]
        fit = Fit(chosen=chosen, rows=rows, weights=weights)
        missed = _missed(problem, fit, view, who)
        if not len(missed):
            break
        kept = chosen[weights > 0]
        chosen = np.sort(np.append(kept, missed[: _IN_THE_FIT - len(kept)]))
    return fit


def _missed(problem: Problem, fit: Fit, view: View, who: Roster) -> IntArray:
    """Places outside of the fit that would enter, those that would add most first."""
    outside = np.ones(len(who.names), dtype=bool)
    outside[fit.chosen] = False
    if view.sketches is None or not outside.any():
        return np.zeros(0, dtype=np.intp)
    left = problem.alignment - along(view.sketches, who, fit.weights @ fit.rows)
    adds = np.where(outside, left / problem.prices - problem.penalty, -np.inf)
    order = best_first(adds, who)
    return order[adds[order] > _TOLERANCE]
