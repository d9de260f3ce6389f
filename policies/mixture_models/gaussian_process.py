"""A Gaussian process over mixtures decides, by expected improvement."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from policies.mixture_models.mixture_space import MixtureSpace, Ranking, mixture_space, signals_for
from policies.mixture_models.surrogates.evidence import Evidence, evidence
from policies.mixture_models.surrogates.gaussian_process import (
    GaussianProcess,
    expected_improvement,
    fit_gaussian_process,
)
from policies.mixture_models.swarm import first_swarm
from policies.options import require_at_least
from policies.roster import FloatArray, roster
from policies.shares import brief
from policies.view import Proposal, View

_DRAWS = 600
"""Mixtures drawn around proportional at each decision."""
_LOCAL = 60
"""Mixtures drawn around each of the most promising."""
_CENTRES = 5
_REFINEMENTS = 2
_SAME = 0.02
"""Sum of differences of shares below which two mixtures are the same test."""


@dataclass(frozen=True, kw_only=True)
class GaussianProcessSearch:
    """Bayesian optimisation: tests the mixtures most likely to beat the best one by most.

    The gain of a mixture is a Gaussian process on the square roots of its shares, with a length
    for each task, fitted anew to all finished branches each round; a round's further proposals
    are chosen as if the earlier ones had given just what is expected of them. Before any evidence
    it tests proportional shares and mixtures drawn around them. It keeps the mixture with the
    highest lower bound, or none when that is not above the control; with `View.exactly` never none.
    Noise is as measured, the control that a round shares included, and repeats may differ by more.

    Source: Jones, Schonlau, Welch 1998, "Efficient global optimization"; over mixtures: DUET,
    arXiv:2502.00270, and ADMIRE-BayesOpt, arXiv:2508.11551; mixtures are drawn as in RegMix,
    arXiv:2407.01492.
    """

    tasks: int = 16
    """Candidates looked at, the most promising and those tested; at least 1."""
    shortlist_by: Ranking = "alignment"
    """Signal, or size, by which untested candidates come onto the shortlist."""
    caution: float = 1.0
    """Standard deviations by which expected gains are lowered before one is kept; at least 0."""

    def __post_init__(self) -> None:
        require_at_least("tasks", self.tasks, 1)
        require_at_least("caution", self.caution, 0)

    @property
    def needs(self) -> frozenset[str]:
        return signals_for(self.shortlist_by)

    def propose(self, view: View, rng: np.random.Generator) -> tuple[Proposal, ...]:
        """The round's tests; when no round is left, the best known mixture or the empty one."""
        who = roster(view)
        space = mixture_space(view, who, self.tasks, self.shortlist_by)
        seen = evidence(view, who, space)
        if not len(seen.gains):
            return first_swarm(view, space, rng)
        process = fit_gaussian_process(seen)
        if view.rounds_left == 0:
            return (self._kept(space, seen, process, rng),)
        return _tests(space, seen, process, view.max_proposals, rng)

    def _kept(
        self,
        space: MixtureSpace,
        seen: Evidence,
        process: GaussianProcess,
        rng: np.random.Generator,
    ) -> Proposal:
        pool = _pool(space, seen, rng)
        mean, deviation = process.predict(pool)
        best = int(np.argmax(mean - self.caution * deviation))
        expected = _expected(seen, float(mean[best]), float(deviation[best]))
        low = seen.nats(float(mean[best] - self.caution * deviation[best]))
        if low <= 0 and space.exactly is None:
            reason = f"the target alone: the best mixture's expected gain is only {expected}"
            return Proposal(mixture={}, reason=reason)
        mixture = space.mixture(pool[best])
        told = f"kept after {len(seen.gains)} branches, expected gain {expected}"
        return Proposal(mixture=mixture, reason=f"{told}: {brief(mixture)}")


def _tests(
    space: MixtureSpace,
    seen: Evidence,
    process: GaussianProcess,
    count: int,
    rng: np.random.Generator,
) -> tuple[Proposal, ...]:
    known, _ = process.predict(seen.shares)
    best = float(known.max())
    proposals: list[Proposal] = []
    chosen: list[FloatArray] = []
    pool = _pool(space, seen, rng)
    for _ in range(count):
        pool = _unlike(_grown(space, process, pool, best, rng), chosen)
        if not len(pool):
            break
        worth = expected_improvement(*process.predict(pool), best)
        at = int(np.argmax(worth))
        mean, deviation = process.predict(pool[at][None])
        mixture = space.mixture(pool[at])
        reason = (
            f"expected improvement {seen.unit * worth[at]:.2g} on {seen.nats(best):+.2g}, expected "
            f"gain {_expected(seen, float(mean[0]), float(deviation[0]))}: {brief(mixture)}"
        )
        proposals.append(Proposal(mixture=mixture, reason=reason))
        process = process.believing(pool[at])
        chosen.append(pool[at])
    return tuple(proposals)


def _grown(
    space: MixtureSpace,
    process: GaussianProcess,
    pool: FloatArray,
    best: float,
    rng: np.random.Generator,
) -> FloatArray:
    """The pool and, twice, mixtures around its most promising."""
    for _ in range(_REFINEMENTS):
        worth = expected_improvement(*process.predict(pool), best)
        top = pool[np.argsort(-worth, kind="stable")[:_CENTRES]]
        pool = np.vstack([pool, space.near(top, _LOCAL, rng)])
    return pool


def _unlike(pool: FloatArray, chosen: list[FloatArray]) -> FloatArray:
    """The mixtures that are another test than those chosen."""
    for row in chosen:
        pool = pool[np.abs(pool - row).sum(axis=1) >= _SAME]
    return pool


def _pool(space: MixtureSpace, seen: Evidence, rng: np.random.Generator) -> FloatArray:
    """(m, S) mixtures under consideration: tested, around the best of them, single, drawn."""
    # A branch with a task that is not on the shortlist cannot be proposed again.
    whole = seen.shares.sum(axis=1) > 1 - 1e-6
    order = np.argsort(-seen.gains[whole], kind="stable")
    tested = seen.shares[whole][order]
    near = space.near(tested[:_CENTRES], _LOCAL, rng)
    singles = space.held(np.eye(len(space.prior)))
    return np.vstack([space.held(tested), near, singles, space.draws(_DRAWS, rng)])


def _expected(seen: Evidence, mean: float, deviation: float) -> str:
    return f"{seen.nats(mean):+.2g}±{seen.unit * deviation:.2g}"
