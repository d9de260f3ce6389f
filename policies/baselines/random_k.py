"""Chance decides what is tested, measuring what is kept."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from policies.best_tested import best_tested
from policies.options import require_at_least
from policies.picking import at_equal_shares, random_sets, size_of_set
from policies.roster import Roster, roster
from policies.shares import brief
from policies.tested import all_tested
from policies.view import Proposal, View


@dataclass(frozen=True, kw_only=True)
class RandomK:
    """Tests random sets of k candidates and keeps the one with the best lower bound.

    In rounds: as many fresh sets as there are branches. With no rounds left the tested set whose
    gain less `caution` standard errors is highest is kept if that is above 0, and the target
    alone if it is not. Where nothing was tested it is a random set: the plain baseline "random k".
    The best of many noisy tests looks better than it is, so that `caution` should not be 0.

    Source: random search, Bergstra and Bengio 2012, "Random search for hyper-parameter
    optimization"; random subsets are the baseline of Kim et al. 2023 (TaskWeb), arXiv:2305.13256.
    """

    k: int = 5
    """Candidates in a set; fewer when there are fewer; at least 1. `View.exactly` overrides it."""
    caution: float = 1.0
    """Standard errors by which a measured gain is lowered before it is kept; 0 or more."""

    def __post_init__(self) -> None:
        require_at_least("k", self.k, 1)
        require_at_least("caution", self.caution, 0)

    @property
    def needs(self) -> frozenset[str]:
        return frozenset()

    def propose(self, view: View, rng: np.random.Generator) -> tuple[Proposal, ...]:
        """Random sets to test, or the one to keep."""
        who = roster(view)
        if view.rounds_left == 0:
            return (self._kept(view, who, rng),)
        return self._drawn(view, who, rng, view.max_proposals)

    def _drawn(
        self, view: View, who: Roster, rng: np.random.Generator, count: int
    ) -> tuple[Proposal, ...]:
        sets = random_sets(who, size_of_set(view, self.k), count, rng)
        return tuple(
            Proposal(
                mixture=mixture,
                reason=f"{len(mixture)} of {len(who.names)} at random: {brief(mixture)}",
            )
            for mixture in sets
        )

    def _kept(self, view: View, who: Roster, rng: np.random.Generator) -> Proposal:
        tested = all_tested(view, who)
        if tested and view.exactly is None:
            return best_tested(view, who, self.caution)
        sets = [one for one in tested if len(one.mixture) == size_of_set(view, self.k)]
        if not sets:
            return self._drawn(view, who, rng, 1)[0]
        # The best set as chance put it together, and not the best tasks, which a belief would tell.
        leader = max(sets, key=lambda one: one.bound(self.caution))
        mixture = at_equal_shares(who, [who.names.index(name) for name in leader.mixture])
        reason = f"best of {len(sets)} random sets, {leader.told}: {brief(mixture)}"
        return Proposal(mixture=mixture, reason=reason)
