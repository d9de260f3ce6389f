"""Top-two sampling: tests what decides which tasks are among the best."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from policies.bandits.arm_proposals import to_keep, to_test
from policies.bandits.arms import Arms, gaussian_arms
from policies.bandits.expectation import expectation
from policies.branches import finished_branches
from policies.options import require_at_least
from policies.picking import size_of_set
from policies.roster import FloatArray, IntArray, Roster, best_first, roster
from policies.view import Proposal, View

_TRIES = 10
"""Pairs of draws, of which at least one should disagree about the best tasks."""


@dataclass(frozen=True, kw_only=True)
class TopTwo:
    """Tests the least known task on which two draws of the best k disagree; keeps the best k.

    In rounds: every branch of a round follows a pair of draws of its own and takes a task that no
    other branch takes. Tasks are Gaussian arms; a branch of several tasks counts for each by its
    share. The aim is to know the best k at the end, not to test good tasks meanwhile, which is what
    `thompson` does.

    Source: after Russo 2016, arXiv:1602.08448 (top-two Thompson sampling), for sets of k: there a
    second draw that has another best arm is tested with probability 1/2; here the least known task
    on which the draws disagree.
    """

    k: int = 5
    """Tasks kept at most; at least 1. `View.kept` and `View.exactly` override it."""
    prior: bool = True
    """Whether effects in earlier campaigns, and texts, count before there are branches."""
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
        """A task for each branch, or the best known tasks together."""
        who = roster(view)
        seen = finished_branches(view, who)
        known = expectation(view, who, self.prior_text) if self.prior else np.zeros(len(who.names))
        belief = gaussian_arms(seen, known)
        if view.rounds_left == 0:
            return (to_keep(view, who, belief, seen, k=self.k, caution=self.caution),)
        k = self.k if view.kept is None else view.kept
        sets = _disputed_sets(belief, who, k, size_of_set(view, 1), view.max_proposals, rng)
        return to_test(who, sets, belief, seen, f"least known of those that may be in the top {k}")


def _disputed_sets(
    belief: Arms, who: Roster, k: int, size: int, count: int, rng: np.random.Generator
) -> list[IntArray]:
    """`count` sets of `size` places; they share a task only where there are too few."""
    _, unknown = belief.effects()
    taken = np.zeros(len(unknown))
    sets = []
    for _ in range(count):
        disputed = _disputed(belief, min(k, len(unknown)), taken, rng)
        # Not taken first, then disputed, then least known.
        rank = 2 * (1 - taken) + disputed + unknown / (2 * unknown.max())
        chosen = best_first(rank, who)[:size]
        taken[chosen] = 1
        sets.append(chosen)
    return sets


def _disputed(belief: Arms, k: int, taken: FloatArray, rng: np.random.Generator) -> FloatArray:
    """(N,) 1 for the tasks that are in the top k of one draw and not of another."""
    for _ in range(_TRIES):
        one, other = _in_top(belief.draw(rng), k), _in_top(belief.draw(rng), k)
        disputed = np.abs(one - other)
        if (disputed * (1 - taken)).any():
            return np.asarray(disputed)
    # Nothing is in doubt: confirm what is believed to be best.
    return _in_top(belief.draw(rng), k)


def _in_top(effects: FloatArray, k: int) -> FloatArray:
    inside = np.zeros(len(effects))
    inside[np.argpartition(-effects, k - 1)[:k]] = 1
    return inside
