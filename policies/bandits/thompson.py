"""Thompson sampling over single tasks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from policies.bandits.arm_proposals import to_keep, to_test
from policies.bandits.arms import Arms, gaussian_arms
from policies.bandits.beta_arms import BetaArms, beta_arms
from policies.bandits.expectation import expectation
from policies.branches import Branches, finished_branches
from policies.drawing import drawn_sets
from policies.options import require_at_least
from policies.picking import size_of_set
from policies.roster import Roster, roster
from policies.view import Proposal, View


@dataclass(frozen=True, kw_only=True)
class Thompson:
    """Tests the task that is best in a draw from the posterior; keeps the k best by mean.

    In rounds: every branch of a round follows a draw of its own, until the tasks differ, and its
    gain over the control of its own round is what counts. AutoSeM asks instead whether the target
    has improved since the round before, which early on it nearly always has, whatever was trained.
    A branch of several tasks counts for each by its share. Since Thompson sampling tests what looks
    good again and again, `top-two` finds the best k sooner.

    Source: Guo, Pasunuru, Bansal 2019 (AutoSeM), arXiv:1904.04153, stage 1: Beta-Bernoulli arms.
    AutoSeM's second stage, the search for mixing ratios, is `gaussian-process`.
    """

    model: Literal["gaussian", "bernoulli"] = "gaussian"
    """"gaussian" counts how large gains are, "bernoulli" whether they are above 0, as AutoSeM."""
    k: int = 5
    """Tasks kept at most; at least 1. `View.exactly` overrides it."""
    forget: float = 0.0
    """Part of the "bernoulli" counts lost with each round of which a branch finished, 0 or more,
    below 1. AutoSeM's code has 0.3, which remembers some three rounds: with dozens of tasks no
    evidence ever adds up."""
    prior: bool = True
    """Whether effects in earlier campaigns, and texts, count before there are branches."""
    prior_text: float = 0.5
    """Weight of the texts beside the effects in earlier campaigns; 0 or more; 0 does without."""
    caution: float = 1.5
    """Standard deviations by which a task must be above no effect to be kept; 0 or more."""

    def __post_init__(self) -> None:
        require_at_least("k", self.k, 1)
        for name in ("forget", "prior_text", "caution"):
            require_at_least(name, getattr(self, name), 0)
        if self.forget >= 1:
            raise ValueError(f"forget must be below 1 but got {self.forget!r}")
        if self.forget and self.model != "bernoulli":
            raise ValueError(f"forget is for model 'bernoulli' but model is {self.model!r}")

    @property
    def needs(self) -> frozenset[str]:
        return frozenset({"text"}) if self.prior and self.prior_text else frozenset()

    def propose(self, view: View, rng: np.random.Generator) -> tuple[Proposal, ...]:
        """A task for each branch, or the best known tasks together."""
        who = roster(view)
        seen = finished_branches(view, who)
        belief = self._belief(view, who, seen)
        if view.rounds_left == 0:
            return (to_keep(view, who, belief, seen, k=self.k, caution=self.caution),)
        size = size_of_set(view, 1)
        sets = drawn_sets(lambda: belief.draw(rng), size, view.max_proposals)
        return to_test(who, sets, belief, seen, "best in a draw from the posterior")

    def _belief(self, view: View, who: Roster, seen: Branches) -> Arms | BetaArms:
        known = expectation(view, who, self.prior_text) if self.prior else np.zeros(len(who.names))
        if self.model == "gaussian":
            return gaussian_arms(seen, known)
        return beta_arms(seen, known, self.forget)
