"""UCB1: a bandit that is optimistic about what it has seldom tested."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from policies.bandits.arm_proposals import to_keep, to_test
from policies.bandits.arms import gaussian_arms
from policies.bandits.rewards import centre_and_size
from policies.branches import Branches, finished_branches
from policies.options import require_at_least
from policies.picking import size_of_set
from policies.roster import FloatArray, IntArray, best_first, roster, target_scores
from policies.standardised import standardised
from policies.view import Proposal, View

_LARGEST = 2.5
"""Where standardised scores are cut."""


@dataclass(frozen=True, kw_only=True)
class Ucb1:
    """Tests the tasks of the highest reward plus sqrt(2 ln t / n); keeps the k best known.

    In rounds: the branches take the tasks of the highest indices, one each. Every task starts with
    n = 1 and its alignment as the reward, as in FLAD, where it is the cosine of gradients as well;
    without alignment all start equal, the larger task first. Later rewards are gains over the
    control of the round, less the mean gain so far, scaled to -1 to 1. A branch of several tasks
    counts for each by its share. Kept is what has earned its place by gains.

    Source: Albalak et al. 2023 (FLAD), arXiv:2302.00674, UCB1-FLAD, after Auer et al. 2002.
    """

    k: int = 5
    """Tasks kept at most; at least 1. `View.exactly` overrides it."""
    beta: float | None = None
    """Weight of the newest reward, above 0, at most 1. None weighs all rewards of a task alike, as
    UCB1 does; FLAD has 0.1, for thousands of turns and not for a few rounds."""
    exploration: float = 1.0
    """Factor of the square root; 0 or more; 1 is UCB1."""
    caution: float = 1.5
    """Standard deviations by which a task must be above no effect to be kept; 0 or more."""

    def __post_init__(self) -> None:
        require_at_least("k", self.k, 1)
        require_at_least("exploration", self.exploration, 0)
        require_at_least("caution", self.caution, 0)
        if self.beta is not None and not 0 < self.beta <= 1:
            raise ValueError(f"beta must be above 0 and at most 1 but got {self.beta!r}")

    @property
    def needs(self) -> frozenset[str]:
        return frozenset({"alignment"})

    def propose(self, view: View, rng: np.random.Generator) -> tuple[Proposal, ...]:
        """A task for each branch, or the best known tasks together."""
        who = roster(view)
        seen = finished_branches(view, who)
        belief = gaussian_arms(seen, np.zeros(len(who.names)))
        if view.rounds_left == 0:
            return (to_keep(view, who, belief, seen, k=self.k, caution=self.caution),)
        start = standardised(target_scores(view, who.candidates, "alignment")) / _LARGEST
        order = best_first(indices(seen, start, self.beta, self.exploration), who)
        sets = _in_order(order, size_of_set(view, 1), view.max_proposals)
        return to_test(who, sets, belief, seen, "highest upper confidence")


def indices(
    seen: Branches, start: FloatArray, beta: float | None, exploration: float
) -> FloatArray:
    """(N,) smoothed reward plus what optimism adds.

    Args:
        seen: The finished branches.
        start: (N,) the reward that counts as the first pull of every task, -1 to 1.
        beta: Weight of the newest reward; None: the mean of all.
        exploration: Factor of what optimism adds.
    """
    centre, size = centre_and_size(seen.gains)
    pulls, reward = np.ones(len(start)), start.copy()
    for shares, gain in zip(seen.shares, seen.gains, strict=True):
        pulls[seen.tested] += shares
        weight = shares / pulls[seen.tested] if beta is None else beta * shares
        reward[seen.tested] += weight * ((gain - centre) / size - reward[seen.tested])
    return np.asarray(reward + exploration * np.sqrt(2 * np.log(pulls.sum()) / pulls))


def _in_order(order: IntArray, size: int, count: int) -> list[IntArray]:
    """At most `count` sets of `size` places, none with a task of another; at least one."""
    sets = max(1, min(count, len(order) // size))
    return list(order[: sets * size].reshape(sets, size))
