"""The mixtures under consideration, and what is believed of their gains.

Shapes: m mixtures, n shortlisted candidates.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from policies.navigator.belief import Belief, diversity, lower_factor
from policies.navigator.mixing import best_mixtures, without_crumbs
from policies.roster import FloatArray, IntArray, Roster
from policies.shares import proportional_shares

_SHORTLIST = 64
"""Candidates looked at closely: a mixture keeps about ten, and the cost grows with the square."""
_DRAWS = 48
"""Posterior draws, each of which adds its best mixture to the pool."""
_CAP = 10_000
"""Examples of one task that count at most in the mixture that the trust region surrounds."""
_SETTLED_AFTER = 3.0
"""Finished branches after which the trust region has half its strength."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Pool:
    """Mixtures, with the posterior of their gains in units of the belief's scale."""

    chosen: IntArray
    """(n,) places in the roster."""
    shares: FloatArray
    """(m, n), rows distinct; those of the mean belief come first."""
    mean: FloatArray
    """(m,)"""
    covariance: FloatArray
    """(m, m)"""

    def deviation(self) -> FloatArray:
        """(m,) standard deviations of the gains."""
        return np.sqrt(np.maximum(np.diag(self.covariance), 0.0))


def shortlist(belief: Belief, *, tested: bool) -> IntArray:
    """Places of the candidates that may yet prove useful, at most the most promising 64.

    A candidate whose mean plus one standard deviation is not above 0 is held to be harmful.

    Args:
        belief: About every candidate.
        tested: Only those on which some branch has trained.
    """
    mean, deviation = belief.effects()
    promise = mean + deviation
    if tested:
        promise = np.where(belief.seen.counts(len(mean)) > 0, promise, -np.inf)
    best = np.lexsort((np.arange(len(promise)), -promise))[:_SHORTLIST]
    return np.sort(best[promise[best] > 0])


def pool(
    belief: Belief, who: Roster, chosen: IntArray, pull: float, rng: np.random.Generator
) -> Pool:
    """Collect the best mixtures under the mean belief and under draws from it.

    Args:
        belief: About every candidate.
        who: The candidates.
        chosen: (n,) the shortlist; at least one.
        pull: Strength of the trust region around proportional before any evidence.
        rng: For the draws.
    """
    mean, covariance = belief.joint(chosen)
    overlap = belief.prior.overlap(chosen)
    guesses = np.vstack([_cautious_guesses(mean, covariance), _draws(mean, covariance, rng)])
    shares = best_mixtures(
        guesses[:, :-1],
        np.maximum(guesses[:, -1], 0.0),
        overlap,
        proportional_shares(who.num_examples[chosen], cap=_CAP),
        pull / (1 + len(belief.seen.gains) / _SETTLED_AFTER),
    )
    shares = _distinct(without_crumbs(shares))
    traits = np.column_stack([shares, diversity(shares, overlap)])
    return Pool(
        chosen=chosen,
        shares=shares,
        mean=traits @ mean,
        covariance=traits @ covariance @ traits.T,
    )


def _cautious_guesses(mean: FloatArray, covariance: FloatArray) -> FloatArray:
    """(3, n + 1) the mean belief, and the same less half and one standard deviation."""
    deviation = np.sqrt(np.maximum(np.diag(covariance), 0.0))
    deviation[-1] = 0.0
    return np.stack([mean - less * deviation for less in (0.0, 0.5, 1.0)])


def _draws(mean: FloatArray, covariance: FloatArray, rng: np.random.Generator) -> FloatArray:
    """(_DRAWS, n + 1) from the posterior."""
    # Not by eigenvectors: their signs, and their choice where values are equal, depend on the
    # machine, and the decision with them.
    return np.asarray(mean + rng.standard_normal((_DRAWS, len(mean))) @ lower_factor(covariance).T)


def _distinct(shares: FloatArray) -> FloatArray:
    """Rows that differ by at least 0.02 from every earlier one: nearer is the same test."""
    kept: list[int] = []
    for row in range(len(shares)):
        apart = np.abs(shares[kept] - shares[row]).sum(axis=1)
        if (apart >= 0.02).all():
            kept.append(row)
    return shares[kept]
