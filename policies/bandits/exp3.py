"""EXP3: a bandit that draws tasks by exponential weights."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from policies.bandits.arm_proposals import to_keep, to_test
from policies.bandits.arms import gaussian_arms
from policies.bandits.rewards import centre_and_size
from policies.branches import Branches, finished_branches
from policies.drawing import by_rates, drawn_sets
from policies.options import require_above, require_at_least
from policies.picking import size_of_set
from policies.roster import FloatArray, roster
from policies.view import Proposal, View


@dataclass(frozen=True, kw_only=True)
class Exp3:
    """Draws tasks by the exponential of their rewards over their rates; keeps the k best known.

    In rounds: each branch takes a task of its own draw. The reward is the gain over the control of
    the round, less the mean gain so far, scaled to -1 to 1; FLAD's is the cosine of gradients,
    whose mean is above 0, so that its sums mostly count how often a task was drawn. A branch of
    several tasks counts for each by its share. The rates at which earlier branches were drawn are
    worked out again from the history. Kept is what has earned its place by gains.

    Source: Albalak et al. 2023 (FLAD), arXiv:2302.00674, EXP3-FLAD, after Auer et al. 2002:
    R_a += r_a / p_a and p_a = (1 - K e_t) exp(e_(t-1) R_a) / sum_b exp(e_(t-1) R_b) + e_t with
    e_t = min(1/K, sqrt(ln K / (K t))) for K tasks at turn t.
    """

    k: int = 5
    """Tasks kept at most; at least 1. `View.exactly` overrides it."""
    pace: float = 10.0
    """Turns that one branch counts for; above 0. With 1, the paper's, the first K ln K branches are
    drawn without regard to rewards; FLAD's code has 10."""
    caution: float = 1.5
    """Standard deviations by which a task must be above no effect to be kept; 0 or more."""

    def __post_init__(self) -> None:
        require_at_least("k", self.k, 1)
        require_above("pace", self.pace, 0)
        require_at_least("caution", self.caution, 0)

    @property
    def needs(self) -> frozenset[str]:
        return frozenset()

    def propose(self, view: View, rng: np.random.Generator) -> tuple[Proposal, ...]:
        """A task for each branch, or the best known tasks together."""
        who = roster(view)
        seen = finished_branches(view, who)
        belief = gaussian_arms(seen, np.zeros(len(who.names)))
        if view.rounds_left == 0:
            return (to_keep(view, who, belief, seen, k=self.k, caution=self.caution),)
        drawn_at = rates(seen, len(who.names), self.pace)
        size = size_of_set(view, 1)
        sets = drawn_sets(lambda: by_rates(drawn_at, rng), size, view.max_proposals)
        return to_test(who, sets, belief, seen, "drawn by exponential weights")


def rates(seen: Branches, size: int, pace: float) -> FloatArray:
    """(size,) the rates at which the next branch draws each task; above 0, summing to 1."""
    credit = np.zeros((2, size))
    drawn_at = np.full(size, 1 / size)
    for number in np.unique(seen.rounds):
        now = seen.rounds == number
        over_rates = seen.shares[now] / drawn_at[seen.tested]
        credit[0, seen.tested] += seen.gains[now] @ over_rates
        credit[1, seen.tested] += over_rates.sum(axis=0)
        known = seen.gains[seen.rounds <= number]
        # Rewards by today's centre and size, from two sums that do not depend on them.
        centre, unit = centre_and_size(known)
        drawn_at = _rates((credit[0] - centre * credit[1]) / unit, len(known) * pace)
    return drawn_at


def _rates(rewards: FloatArray, turns: float) -> FloatArray:
    """(K,) by rewards over rates, after `turns` turns."""
    before, now = (_exploration(len(rewards), turn) for turn in (turns, turns + 1))
    weights = np.exp(before * (rewards - rewards.max()))
    return np.asarray((1 - len(rewards) * now) * weights / weights.sum() + now)


def _exploration(tasks: int, turn: float) -> float:
    return min(1 / tasks, float(np.sqrt(np.log(tasks) / (tasks * turn))))
