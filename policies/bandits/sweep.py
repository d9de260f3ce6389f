"""Every candidate in turn."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from policies.bandits.arm_proposals import to_keep, to_test
from policies.bandits.arms import gaussian_arms
from policies.bandits.expectation import expectation
from policies.bandits.turns import in_turn
from policies.branches import finished_branches
from policies.options import require_at_least
from policies.picking import size_of_set
from policies.roster import roster
from policies.view import Proposal, View


@dataclass(frozen=True, kw_only=True)
class Sweep:
    """Tests the candidates in random order, all equally often, and keeps the k best by mean.

    In rounds: each branch takes a task of those with the fewest finished branches. Tasks are
    Gaussian arms, so that a single lucky test counts for no more than it should. With a budget of
    one test for each candidate this is as good as any policy that looks at gains earlier, and with
    less it is the baseline for them.

    Source: uniform allocation, the baseline of Bubeck, Munos, Stoltz 2009, arXiv:0802.2655 (pure
    exploration).
    """

    k: int = 5
    """Tasks kept at most; at least 1. `View.exactly` overrides it."""
    prior: bool = True
    """Whether effects in earlier campaigns, and texts, count in what is kept."""
    prior_text: float = 0.5
    """Weight of the texts beside the effects in earlier campaigns; 0 or more; 0 does without."""
    caution: float = 1.5
    """Standard deviations by which a task must be above no effect to be kept; 0 or more."""

    def __post_init__(self) -> None:
        require_at_least("k", self.k, 1)
        require_at_least("prior_text", self.prior_text, 0)
        require_at_least("caution", self.caution, 0)

    @property
    def needs(self) -> frozenset[str]:
        return frozenset({"text"}) if self.prior and self.prior_text else frozenset()

    def propose(self, view: View, rng: np.random.Generator) -> tuple[Proposal, ...]:
        """The next tasks in turn, or the best known ones together."""
        who = roster(view)
        seen = finished_branches(view, who)
        known = expectation(view, who, self.prior_text) if self.prior else np.zeros(len(who.names))
        belief = gaussian_arms(seen, known)
        if view.rounds_left == 0:
            return (to_keep(view, who, belief, seen, k=self.k, caution=self.caution),)
        counts = seen.counts(len(who.names))
        sets = in_turn(counts, size_of_set(view, 1), view.max_proposals, rng)
        return to_test(who, sets, belief, seen, "next in random order")
