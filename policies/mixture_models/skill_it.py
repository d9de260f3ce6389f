"""A graph of which tasks help the target, weighted exponentially: Skill-It."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from policies.options import require_above, require_at_least
from policies.picking import at_equal_shares, distinct, size_of_set
from policies.roster import FloatArray, IntArray, Roster, best_first, roster, target_scores
from policies.shares import as_mixture, brief
from policies.view import Proposal, View

_UNMEASURED = 0.5
"""Strength of the strongest edge that a signal alone suggests; the strongest measured one has 1."""


@dataclass(frozen=True, kw_only=True)
class SkillIt:
    """Shares by exp(rate * strength of the candidate's edge), from branches of single tasks.

    An edge says that training on the candidate lowers the target's loss. A branch of one task
    beside the control is just the reference's test of an edge, so that each round, beside the
    mixture, tests the most promising candidates that have not been tested; until then a signal
    stands in at half strength. Tasks without an edge are left out. The mixture that is kept holds
    measured edges alone, if there are any; with `View.exactly` it is filled up, tasks that hurt
    last. The reference also weights targets by their last losses, which policies do not see; theirs
    are the campaign's weights.

    Source: Chen et al. 2023 (Skill-It), arXiv:2307.14430, sections 3.1 and 3.2, algorithm 1.
    """

    rate: float = 4.0
    """Logarithm of the weight of the strongest edge over that of none; above 0. The reference: 0.5
    times the sum of three losses, which at 2.7 nats is this."""
    tasks: int = 20
    """Candidates in the mixture at most; at least 1."""
    signal: Literal["lookahead", "descent", "alignment"] = "lookahead"
    """What stands in for edges that have not been measured."""

    def __post_init__(self) -> None:
        require_above("rate", self.rate, 0)
        require_at_least("tasks", self.tasks, 1)

    @property
    def needs(self) -> frozenset[str]:
        return frozenset({self.signal})

    def propose(self, view: View, rng: np.random.Generator) -> tuple[Proposal, ...]:
        """The mixture, then single tasks to test; the mixture alone when no round is left."""
        who = roster(view)
        promise = target_scores(view, who.candidates, self.signal)
        gains, tests = _single_gains(view, who)
        measured = _relative(gains)
        edges = np.where(tests > 0, measured, _UNMEASURED * _relative(promise))
        if view.rounds_left == 0:
            known = measured if measured.any() else edges
            return (self._mixture(view, who, known, gains, tests),)
        singles = _tests(view, who, best_first(np.where(tests > 0, -np.inf, promise), who), tests)
        if not edges.any() and singles:
            return distinct(singles, view.max_proposals)
        mixture = self._mixture(view, who, edges, gains, tests)
        # With one branch a round, rounds of testing and rounds of training take turns.
        testing = view.max_proposals == 1 and view.round % 2 == 0
        ordered = [*singles, mixture] if testing else [mixture, *singles]
        return distinct(ordered, view.max_proposals)

    def _mixture(
        self, view: View, who: Roster, edges: FloatArray, gains: FloatArray, tests: IntArray
    ) -> Proposal:
        if not edges.any() and (view.exactly is None or view.rounds_left > 0):
            count = int((tests > 0).sum())
            reason = f"the target alone: no edge leads to it, {count} candidates tested"
            return Proposal(mixture={}, reason=reason)
        # Those that hurt come last, where more tasks are wanted than have an edge.
        order = best_first(edges + np.minimum(gains, 0.0), who)
        if view.exactly is not None:
            mixture = at_equal_shares(who, order[: size_of_set(view, self.tasks)])
        else:
            top = [at for at in order[: self.tasks] if edges[at] > 0]
            mixture = _weighted(who, top, self.rate * edges[top])
        reason = (
            f"{int((edges > 0).sum())} of {len(edges)} candidates have an edge, "
            f"{int((tests > 0).sum())} tested: {brief(mixture)}"
        )
        return Proposal(mixture=mixture, reason=reason)


def _weighted(who: Roster, places: list[int], logs: FloatArray) -> dict[str, float]:
    rates = np.exp(logs - logs.max())
    return as_mixture([who.names[at] for at in places], rates / rates.sum())


def _relative(strengths: FloatArray) -> FloatArray:
    """The positive part, the largest at 1; all 0 where nothing is above 0."""
    largest = float(strengths.max(initial=0.0))
    return np.maximum(strengths / largest, 0.0) if largest > 0 else np.zeros_like(strengths)


def _single_gains(view: View, who: Roster) -> tuple[FloatArray, IntArray]:
    """(N,) mean gain of the branches of each task alone, nats, and (N,) how many there were."""
    places = {name: at for at, name in enumerate(who.names)}
    total, tests = np.zeros(len(places)), np.zeros(len(places), dtype=np.intp)
    for closed in view.history:
        for seen in closed.observations:
            alone = [places[name] for name in seen.proposal.mixture if name in places]
            if seen.outcome.gain is not None and len(seen.proposal.mixture) == len(alone) == 1:
                total[alone] += seen.outcome.gain
                tests[alone] += 1
    return total / np.maximum(tests, 1), tests


def _tests(view: View, who: Roster, order: IntArray, tests: IntArray) -> list[Proposal]:
    if view.exactly not in (None, 1):
        return []
    return [
        Proposal(mixture={who.names[at]: 1.0}, reason=f"tests the edge of {who.names[at]}")
        for at in order[: view.max_proposals]
        if tests[at] == 0
    ]
