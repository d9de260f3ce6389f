"""What is being learned right now."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from policies.best_tested import best_tested
from policies.drawing import by_rates, drawn_sets
from policies.options import require_at_least
from policies.picking import at_equal_shares, distinct, size_of_set
from policies.roster import FloatArray, IntArray, Roster, best_first, roster, target_scores
from policies.shares import as_mixture, brief
from policies.view import Proposal, View


@dataclass(frozen=True, kw_only=True)
class LearningProgress:
    """The k candidates whose own loss moves fastest, weighted by positive alignment.

    In rounds: progress is the fall of a candidate's own loss since the round before, up to its
    sign: a task that is being forgotten is practised again, and one without a reading counts as an
    average one. The first branch takes the k highest, the others draw k by the same rates. Before
    there is progress, alignment decides alone, and without alignment progress does; where no
    candidate is aligned the target trains alone. Frozen is the tested mixture with the best lower
    bound. Progress says nothing of the target, so that alignment should be measured too.

    Source: Matiisen et al. 2017 (teacher-student curriculum learning), arXiv:1707.00183: tasks are
    drawn by the absolute slope of their learning curve.
    """

    k: int = 5
    """Candidates in a mixture; fewer when there are fewer; at least 1. `View.exactly` overrides."""
    explore: float = 0.1
    """Part of the rates that all candidates share alike, 0 to 1."""
    caution: float = 1.0
    """Standard errors by which a measured gain is lowered before it is kept; 0 or more."""

    def __post_init__(self) -> None:
        for name, bound in (("k", 1), ("explore", 0), ("caution", 0)):
            require_at_least(name, getattr(self, name), bound)
        if self.explore > 1:
            raise ValueError(f"explore must be at most 1 but got {self.explore!r}")

    @property
    def needs(self) -> frozenset[str]:
        return frozenset({"alignment", "progress"})

    def propose(self, view: View, rng: np.random.Generator) -> tuple[Proposal, ...]:
        """The top k, then draws; or the best mixture that was tested."""
        who = roster(view)
        if view.rounds_left == 0:
            return (best_tested(view, who, self.caution),)
        worth = _worth(view, who)
        if not worth.any() and view.exactly is None:
            reason = "no candidate's gradient is aligned with the target's: the target alone"
            return (Proposal(mixture={}, reason=reason),)
        size = size_of_set(view, self.k)
        rates = (1 - self.explore) * worth / (worth.sum() or 1.0) + self.explore / len(worth)
        sets = drawn_sets(lambda: by_rates(rates, rng), size, view.max_proposals)
        made = [_leading(view, who, worth, size), *(_drawn(who, places) for places in sets)]
        return distinct(made, view.max_proposals)


def _leading(view: View, who: Roster, worth: FloatArray, size: int) -> Proposal:
    top = best_first(worth, who)[:size]
    if view.exactly is not None:
        mixture = at_equal_shares(who, top)
    else:
        mixture = as_mixture([who.names[at] for at in top], worth[top] / worth[top].sum())
    reason = f"top {len(mixture)} of {len(worth)} by progress and alignment: {brief(mixture)}"
    return Proposal(mixture=mixture, reason=reason)


def _drawn(who: Roster, places: IntArray) -> Proposal:
    mixture = at_equal_shares(who, places)
    return Proposal(mixture=mixture, reason=f"drawn by progress and alignment: {brief(mixture)}")


def _worth(view: View, who: Roster) -> FloatArray:
    """(N,) 0 to 1: speed times positive alignment, either left out where nothing has it."""
    speed = _relative(np.abs(target_scores(view, who.candidates, "progress")))
    # No reading is no evidence, and not a task that stands still: such a task is an average one.
    speed = np.where(speed > 0, speed, speed[speed > 0].mean())
    aligned = target_scores(view, who.candidates, "alignment")
    return np.asarray(speed * _relative(aligned))


def _relative(scores: FloatArray) -> FloatArray:
    """(N,) positive scores over the largest; ones where no score is known."""
    if not scores.any():
        return np.ones_like(scores)
    positive = np.maximum(scores, 0.0)
    return np.asarray(positive / (positive.max() or 1.0))
