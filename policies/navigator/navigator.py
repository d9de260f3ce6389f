"""The decision: believe, collect the mixtures worth considering, choose what to test or keep."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from policies.branches import finished_branches
from policies.navigator.belief import Belief, Noise, believe
from policies.navigator.exploring import tests_worth
from policies.navigator.pool import pool, shortlist
from policies.navigator.prior import prior
from policies.navigator.wording import wording
from policies.options import require_above, require_at_least
from policies.roster import roster
from policies.view import Proposal, View


@dataclass(frozen=True, kw_only=True)
class Navigator:
    """Identifies the best mixture by testing sets of tasks, and says why at every step.

    Each round one proposal is the best known mixture, from which the campaign can advance; the
    others are those whose results would most change the final choice. With no rounds left the
    best mixture of tested tasks by its lower bound is kept, or none. Do not use it where no
    branch can be tested: it keeps nothing on the word of signals alone.

    Source: hierarchical prior over signals, quadratic gain on the simplex, knowledge gradient;
    the modules of this package name the papers.
    """

    effect: float = 0.02
    """Expected size of a single task's effect, nats per example; the evidence may move it."""
    branch_noise: float = 1.0
    """Noise from branch to branch as a multiple of the standard error; 0 trusts the error bar."""
    drift: float = 0.15
    """How far effects wander in a round, as a multiple of `effect`; 0 never forgets."""
    pull: float = 0.4
    """Strength of the trust region around proportional before any evidence, in effects."""
    caution: float = 1.0
    """Standard deviations by which a mixture's expected gain is lowered before it is kept."""

    def __post_init__(self) -> None:
        require_above("effect", self.effect, 0)
        for name in ("branch_noise", "drift", "pull", "caution"):
            require_at_least(name, getattr(self, name), 0)

    @property
    def needs(self) -> frozenset[str]:
        return frozenset({"affinity", "alignment", "similarity"})

    def propose(self, view: View, rng: np.random.Generator) -> tuple[Proposal, ...]:
        """The best known mixture first, then tests; the first alone when no round is left."""
        who = roster(view)
        noise = Noise(branch=self.branch_noise, drift=self.drift)
        belief = believe(prior(view, who), finished_branches(view, who), noise, self.effect)
        words = wording(who, belief)
        chosen = shortlist(belief, tested=view.rounds_left == 0)
        if not len(chosen):
            return (words.nothing(),)
        mixtures = pool(belief, who, chosen, self.pull, rng)
        bounds = mixtures.mean - self.caution * mixtures.deviation()
        best = int(np.argmax(bounds))
        if view.rounds_left == 0:
            credible = bounds[best] > 0
            return (words.proposal(mixtures, best, "kept") if credible else words.nothing(),)
        tests = tests_worth(
            mixtures.mean,
            mixtures.covariance,
            _test_variance(belief, self.branch_noise),
            best,
            view.max_proposals - 1,
        )
        return (
            words.proposal(mixtures, best, "best known"),
            *(words.proposal(mixtures, at, "test") for at in tests),
        )


def _test_variance(belief: Belief, branch_noise: float) -> float:
    """Variance to expect of the next gain, in the belief's units: as in the past, else 0.3²."""
    ses = belief.seen.ses / belief.scale
    typical = float(np.median(ses)) if ses.size else 0.3
    return typical**2 * (1 + branch_noise**2) + 1e-3
