"""The mixtures under consideration, and what is believed of their gains.

Shapes: m mixtures, n shortlisted candidates.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from policies.navigator.belief import Belief
from policies.navigator.conditioned import lower_factor
from policies.navigator.mixing import best_mixtures, within_caps, without_crumbs
from policies.roster import FloatArray, IntArray, Roster
from policies.shares import proportional_shares

_SHORTLIST = 64
"""Candidates looked at closely: a mixture keeps about ten, and the cost grows with the square."""
_MOST_IN_SETS = 128
"""Candidates looked at where sets have a given size."""
_DRAWS = 48
"""Posterior draws, each of which adds its best mixture to the pool."""
_CENTRES, _NEIGHBOURS = 4, 12
"""Tested mixtures whose neighbourhood is looked at, and mixtures in each."""
_STEPS = (0.1, 0.2, 0.4)
"""Shares of a neighbour that are drawn anew."""
_CRUMB = 0.02
"""Share below which a task is left out of a neighbour."""
_EVENNESS = 0.3
"""Of what is drawn: below 1, few tasks hold most of it."""
_REPETITIONS = 4
"""Times that an example may be drawn, on average (Olmix; Muennighoff et al. 2023,
arXiv:2305.16264)."""
_CAP = 10_000
"""Examples of one task that count at most in the mixture that the trust region surrounds."""
_SETTLED_AFTER = 3.0
"""Finished branches after which the trust region has half its strength."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Pool:
    """Mixtures, with the posterior of their gains."""

    chosen: IntArray
    """(n,) places in the roster."""
    shares: FloatArray
    """(m, n), rows distinct; those of the mean belief come first."""
    mean: FloatArray
    """(m,) nats."""
    covariance: FloatArray
    """(m, m) nats squared."""

    def prices(self, who: Roster) -> FloatArray:
        """(m,) tokens of a candidate example, beside those of the mean shortlisted task."""
        tokens = np.array([who.candidates[at].tokens_per_example for at in self.chosen])
        return np.asarray(self.shares @ (tokens / tokens.mean()))

    def deviation(self) -> FloatArray:
        """(m,) standard deviations of the gains."""
        return np.sqrt(np.maximum(np.diag(self.covariance), 0.0))


def shortlist(belief: Belief, effects: tuple[FloatArray, FloatArray], *, tested: bool) -> IntArray:
    """Places of the candidates that may yet prove useful, at most the most promising 64.

    A candidate whose mean plus one standard deviation is not above 0 is held to be harmful. Beyond
    these are the tasks of the best tested mixtures, once single tasks do not explain mixtures.

    Args:
        belief: About every candidate.
        effects: Of the belief.
        tested: Only those on which some branch has trained.
    """
    mean, deviation = effects
    promise = mean + deviation
    if tested:
        promise = np.where(belief.seen.counts(len(mean)) > 0, promise, -np.inf)
    best = np.lexsort((np.arange(len(promise)), -promise))[:_SHORTLIST]
    promising = best[promise[best] > 0]
    if belief.additive:
        return np.sort(promising)
    return np.union1d(promising, _of_best_tested(belief))


def _of_best_tested(belief: Belief) -> IntArray:
    """Places of the tasks of the tested mixtures with the best expected gains.

    Whatever is believed of these tasks one by one: such a mixture is more than their sum.
    """
    seen = belief.seen
    mean, _ = belief.gains(seen.shares, seen.tested)
    best = np.lexsort((np.arange(len(mean)), -mean))[:_CENTRES]
    return seen.tested[(seen.shares[best[mean[best] > 0]] > 0).any(axis=0)]


def most_promising(effects: tuple[FloatArray, FloatArray]) -> IntArray:
    """Places of the candidates by mean plus one standard deviation, at most the best 128."""
    mean, deviation = effects
    best = np.lexsort((np.arange(len(mean)), -(mean + deviation)))[:_MOST_IN_SETS]
    return np.sort(best)


def pool_of_sets(belief: Belief, chosen: IntArray, sets: IntArray) -> Pool:
    """Sets (m, k) of places within `chosen`, at equal shares; equal ones once."""
    sets = np.unique(sets, axis=0)
    shares = np.zeros((len(sets), len(chosen)))
    np.put_along_axis(shares, sets, 1.0 / sets.shape[1], axis=1)
    mean, covariance = belief.gains(shares, chosen)
    return Pool(chosen=chosen, shares=shares, mean=mean, covariance=covariance)


def pool(
    belief: Belief,
    who: Roster,
    chosen: IntArray,
    rng: np.random.Generator,
    *,
    pull: float,
    draws: int | None,
) -> Pool:
    """Collect the best mixtures under the mean belief and under draws from it.

    Args:
        belief: About every candidate.
        who: The candidates.
        chosen: (n,) the shortlist; at least one.
        rng: For the draws.
        pull: Strength of the trust region around proportional before any evidence.
        draws: As `View.draws`.
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
    shares = without_crumbs(shares)
    if not belief.additive:
        shares = np.vstack([shares, _near_tested(belief, chosen, rng)])
    shares = within_caps(shares, _caps(who, chosen, draws))
    shares = _distinct(shares)
    mean, covariance = belief.gains(shares, chosen)
    return Pool(chosen=chosen, shares=shares, mean=mean, covariance=covariance)


def _caps(who: Roster, chosen: IntArray, draws: int | None) -> FloatArray:
    """(n,) share at which a task's examples are drawn as often as repetition is allowed."""
    if not draws:
        return np.ones(len(chosen))
    return np.minimum(1.0, _REPETITIONS * who.num_examples[chosen] / draws)


def _near_tested(belief: Belief, chosen: IntArray, rng: np.random.Generator) -> FloatArray:
    """(m, n) the tested mixtures with the best expected gains, and some in their neighbourhood.

    What was tested is known best, and a belief about single tasks does not see why one mixture
    is better than it should be.
    """
    places = np.searchsorted(belief.seen.tested, chosen)
    places = np.minimum(places, max(len(belief.seen.tested) - 1, 0))
    there = belief.seen.tested[places] == chosen if len(belief.seen.tested) else places < 0
    tested = np.where(there, belief.seen.shares[:, places], 0.0) if there.any() else None
    if tested is None:
        return np.zeros((0, len(chosen)))
    # A mixture of which a part was withdrawn, or is held to be harmful, is another one.
    whole = np.flatnonzero(tested.sum(axis=1) > 1 - 1e-6)
    tested = np.unique(tested[whole], axis=0)
    if not len(tested):
        return tested
    mean, _ = belief.gains(tested, chosen)
    best = tested[np.lexsort((np.arange(len(mean)), -mean))[:_CENTRES]]
    steps = rng.dirichlet(np.full(len(chosen), _EVENNESS), size=(len(best), _NEIGHBOURS))
    lengths = rng.choice(_STEPS, size=(len(best), _NEIGHBOURS, 1))
    around = (1 - lengths) * best[:, None, :] + lengths * steps
    around = without_crumbs(around.reshape(-1, len(chosen)), smallest=_CRUMB)
    return np.vstack([best, around])


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
