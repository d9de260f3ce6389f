"""The decision: believe, collect the mixtures worth considering, choose what to test or keep."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from policies.branches import finished_branches
from policies.navigator.belief import Belief, believe
from policies.navigator.exact import best_sets, sets_by_draws, tasks_worth_a_test
from policies.navigator.exploring import tests_worth
from policies.navigator.features import TRUSTED
from policies.navigator.hypotheses import Noise
from policies.navigator.pool import Pool, most_promising, pool, pool_of_sets, shortlist
from policies.navigator.prior import prior
from policies.navigator.wording import Wording, wording
from policies.options import require_above, require_at_least
from policies.roster import Roster, roster
from policies.view import Proposal, View


@dataclass(frozen=True, kw_only=True)
class Navigator:
    """Identifies the best mixture by testing sets of tasks, and says why at every step.

    Each round one proposal is the best known mixture, from which the campaign can advance; the
    others are those whose results would most change the final choice. With no rounds left the
    best mixture of tested tasks by its lower bound is kept, or none. Do not use it where no
    branch can be tested: it keeps nothing on the word of signals alone.

    Where earlier campaigns are known, they tell how far each signal and each task can be trusted,
    and which tasks help the same targets. Where `view.exactly` asks for sets of a given size, the
    best set is kept whatever its lower bound, and single tasks are tested for what they change in
    that choice.

    Source: hierarchical prior over signals, quadratic gain on the simplex, knowledge gradient;
    the modules of this package name the papers.
    """

    effect: float = 0.02
    """Expected deviation between tasks' effects, nats per example; the evidence may move it."""
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
        return frozenset({"similarity", *TRUSTED})

    def propose(self, view: View, rng: np.random.Generator) -> tuple[Proposal, ...]:
        """The best known mixture first, then tests; the first alone when no round is left."""
        who = roster(view)
        noise = Noise(branch=self.branch_noise, drift=self.drift)
        belief = believe(prior(view, who), finished_branches(view, who), noise, self.effect)
        words = wording(who, belief, belief.effects())
        if view.exactly is not None:
            return _of_exact_size(view, who, belief, words, rng)
        return self._of_any_size(view, who, belief, words, rng)

    def _of_any_size(
        self, view: View, who: Roster, belief: Belief, words: Wording, rng: np.random.Generator
    ) -> tuple[Proposal, ...]:
        chosen = shortlist(belief, words.effects, tested=view.rounds_left == 0)
        if not len(chosen):
            return (words.nothing(),)
        mixtures = pool(belief, who, chosen, rng, pull=self.pull, draws=view.draws)
        bounds = mixtures.mean - self.caution * mixtures.deviation()
        best = int(np.argmax(bounds))
        if view.rounds_left == 0:
            credible = bounds[best] > 0
            return (words.proposal(mixtures, best, "kept") if credible else words.nothing(),)
        tests = _tests(mixtures, belief, who, best, view.max_proposals - 1)
        return (
            words.proposal(mixtures, best, "best known"),
            *(words.proposal(mixtures, at, "test") for at in tests),
        )


def _of_exact_size(
    view: View, who: Roster, belief: Belief, words: Wording, rng: np.random.Generator
) -> tuple[Proposal, ...]:
    chosen, size = most_promising(words.effects), view.exactly or 1
    if view.rounds_left == 0:
        kept = pool_of_sets(belief, chosen, best_sets(belief, chosen, size))
        return (words.proposal(kept, 0, "kept"),)
    if size > 1:
        draws = pool_of_sets(belief, chosen, sets_by_draws(belief, chosen, size, rng))
        best = int(np.argmax(draws.mean))
        tests = [best, *_tests(draws, belief, who, best, view.max_proposals - 1)]
        return tuple(words.proposal(draws, at, "test") for at in tests)
    singles = pool_of_sets(belief, chosen, np.arange(len(chosen), dtype=np.intp)[:, None])
    tests = tasks_worth_a_test(
        singles.mean,
        singles.covariance,
        belief.test_variance(),
        kept=view.kept or size,
        count=view.max_proposals,
    )
    return tuple(words.proposal(singles, at, "test") for at in tests)


def _tests(mixtures: Pool, belief: Belief, who: Roster, best: int, count: int) -> list[int]:
    # Half of a branch's examples are the target's, whose price is the same for all.
    prices = (1 + mixtures.prices(who)) / 2
    noise = belief.test_variance()
    return tests_worth(mixtures.mean, mixtures.covariance, noise, best, count, prices=prices)
