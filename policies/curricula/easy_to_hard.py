"""Easy tasks first, harder ones later."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from policies.best_tested import best_tested
from policies.options import require_at_least
from policies.picking import at_equal_shares, distinct, size_of_set
from policies.roster import FloatArray, IntArray, Roster, best_first, roster, target_scores
from policies.shares import as_mixture, brief, proportional_shares
from policies.view import Proposal, View


@dataclass(frozen=True, kw_only=True)
class EasyToHard:
    """Opens the candidates from easy to hard as rounds pass; by size among those that are open.

    In rounds: the part of the candidates that is open grows with the root of the rounds passed,
    from `start` to all in the last round. The first branch follows this pace, the others are a
    round ahead, a round behind, and so on. Frozen is the tested mixture with the best lower bound.
    With `View.exactly` the hardest so many of those that are open. Easy and hard are about the
    candidates themselves, and say nothing of how useful they are to the target.

    Source: Bengio et al. 2009, curriculum learning; pace: Platanios et al. 2019, arXiv:1903.09848,
    c(t) = min(1, sqrt(t (1 - c0^2) / T + c0^2)); measures: Swayamdipta et al. 2020,
    arXiv:2009.10795 (dataset cartography).
    """

    by: Literal["confidence", "correctness", "loss"] = "confidence"
    """The signal that tells easy from hard; "loss" favours tasks with few possible answers."""
    start: float = 0.25
    """Part of the candidates that is open in the first round, above 0, at most 1."""
    cap: int = 10_000
    """Examples of one task that count at most; at least 1."""
    caution: float = 1.0
    """Standard errors by which a measured gain is lowered before it is kept; 0 or more."""

    def __post_init__(self) -> None:
        if not 0 < self.start <= 1:
            raise ValueError(f"start must be above 0 and at most 1 but got {self.start!r}")
        require_at_least("cap", self.cap, 1)
        require_at_least("caution", self.caution, 0)

    @property
    def needs(self) -> frozenset[str]:
        return frozenset({self.by})

    def propose(self, view: View, rng: np.random.Generator) -> tuple[Proposal, ...]:
        """The open candidates at different paces; or the best mixture that was tested."""
        who = roster(view)
        if view.rounds_left == 0:
            return (best_tested(view, who, self.caution),)
        order = best_first(_ease(view, who, self.by), who)
        last = view.round + view.rounds_left - 1
        made = [
            self._proposal(view, who, order, pace, last)
            for pace in _paces(view.round, last, view.max_proposals)
        ]
        return distinct(made, view.max_proposals)

    def _proposal(self, view: View, who: Roster, order: IntArray, pace: int, last: int) -> Proposal:
        count = int(np.ceil(len(order) * competence(pace, last, self.start) - 1e-9))
        if view.exactly is not None:
            size = size_of_set(view, 1)
            places = order[: max(count, size)][-size:]
            mixture = at_equal_shares(who, places)
        else:
            places = order[:count]
            shares = proportional_shares(who.num_examples[places], cap=self.cap)
            mixture = as_mixture([who.names[at] for at in places], shares)
        reason = (
            f"{count} of {len(order)} open by {self.by}, from easy to hard, "
            f"as in round {pace + 1} of {last + 1}: {brief(mixture)}"
        )
        return Proposal(mixture=mixture, reason=reason)


def competence(turn: int, last: int, start: float) -> float:
    """Part of the candidates that is open at turn 0 to `last`; all where there is one turn only."""
    passed = turn / last if last else 1.0
    return float(np.sqrt(passed * (1 - start**2) + start**2))


def _paces(now: int, last: int, count: int) -> list[int]:
    """Rounds to act as if it were: this one, the next, the one before, and so on."""
    turns = sorted(range(last + 1), key=lambda turn: (abs(turn - now), -turn))
    return turns[:count]


def _ease(view: View, who: Roster, by: str) -> FloatArray:
    """(N,) higher is easier; what is not known lies in the middle."""
    scores = target_scores(view, who.candidates, by)
    known = scores[scores != 0]
    if not len(known):
        return scores
    filled = np.where(scores == 0, np.median(known), scores)
    return -filled if by == "loss" else filled
