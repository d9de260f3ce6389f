"""Sources weighted by the squares of a least-squares fit of the target's direction."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.linalg import cho_factor, cho_solve

from policies.by_signal.directions import directions
from policies.options import require_above
from policies.picking import best, size_of_set
from policies.roster import FloatArray, best_first, roster, target_scores
from policies.shares import as_mixture, brief
from policies.view import Proposal, View

_LOOKED_AT = 256
"""Candidates that the fit runs over, the best aligned: its cost grows with the cube."""


@dataclass(frozen=True, kw_only=True)
class AMtrl:
    """Shares by the squared weights of the target's gradient in terms of the candidates'.

    In rounds: gradients are measured anew in each, which stands for the paper's refits of the
    representation; gains are not read. The paper's task vectors are heads over a shared linear
    representation, here they are gradients; the floor that keeps every source alive there is not
    needed, since every candidate is measured whether trained or not. Negative weights, of which the
    paper takes the square as well, get no share: one cannot train on minus a task. Do not prefer it
    to `lasso`, which it is here to be compared with: it spreads shares over many tasks.

    Source: Chen, Du, Jamieson 2022 (A-MTRL), arXiv:2202.00911: the smallest weights nu with
    W nu = w_target, samples in proportion to nu^2.
    """

    ridge: float = 0.05
    """Added to the candidates' squared lengths, which are 1; keeps noise from deciding between
    nearly equal gradients; above 0, near 0 the pseudo-inverse."""

    def __post_init__(self) -> None:
        require_above("ridge", self.ridge, 0)

    @property
    def needs(self) -> frozenset[str]:
        return frozenset({"alignment", "similarity"})

    def propose(self, view: View, rng: np.random.Generator) -> tuple[Proposal, ...]:
        """One mixture, or the empty one where no weight is positive."""
        who = roster(view)
        alignment = target_scores(view, who.candidates, "alignment")
        chosen = np.sort(best_first(np.abs(alignment), who)[:_LOOKED_AT])
        weights = np.zeros(len(alignment))
        rows = directions(view, who, chosen)
        weights[chosen] = least_squares(rows, alignment[chosen], self.ridge)
        positive = np.maximum(weights, 0.0)
        if view.exactly is not None:
            mixture = best(weights, who, size_of_set(view, 1))
        elif not positive.any():
            reason = "no candidate's gradient is part of the target's: the target alone"
            return (Proposal(mixture={}, reason=reason),)
        else:
            squares = (positive / positive.max()) ** 2
            mixture = as_mixture(who.names, squares / squares.sum())
        reason = f"{len(mixture)} of {len(weights)} by squared weight: {brief(mixture)}"
        return (Proposal(mixture=mixture, reason=reason),)


def least_squares(rows: FloatArray, alignment: FloatArray, ridge: float) -> FloatArray:
    """Minimise |rows' nu - v|^2 + ridge |nu|^2, where v is known by its inner products alone.

    Args:
        rows: (n, k) directions.
        alignment: (n,) inner product of each with v.
        ridge: Above 0.

    Returns:
        (n,) nu; 0 for a row of zeros, which is no direction.
    """
    known = np.where(rows.any(axis=1), alignment, 0.0)
    factor = cho_factor(rows @ rows.T + ridge * np.eye(len(rows)))
    return np.asarray(cho_solve(factor, known))
