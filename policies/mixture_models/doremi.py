"""More of what can still be learned, by excess loss: DoReMi."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from policies.mixture_models.multiplicative_weights import reweighted
from policies.options import require_above, require_at_least
from policies.roster import roster, target_scores
from policies.view import Proposal, View


@dataclass(frozen=True, kw_only=True)
class DoReMi:
    """Every candidate's weight is multiplied each round by exp(step * its excess loss).

    The weights of the round before are read from the history; beside them the round tests their
    average over all rounds, which is what the method ends with. The reference multiplies at each
    of some 100,000 steps, and its excess is above a reference model's loss; here it is once a
    round, and above the lowest loss that the candidate had in this campaign. With `View.exactly`
    the history holds sets and no weights, so that every round starts from even ones. Nothing points
    at a target and gains are not read: it seeks coverage, not transfer.

    Source: Xie et al. 2023 (DoReMi), arXiv:2305.10429, section 2, algorithm 1.
    """

    step: float = 1.0
    """Multiplied with nats of excess loss; above 0."""
    smoothing: float = 1e-3
    """Part of all weight that is spread evenly each round; 0 to 1."""

    def __post_init__(self) -> None:
        require_above("step", self.step, 0)
        require_at_least("smoothing", self.smoothing, 0)
        if self.smoothing > 1:
            raise ValueError(f"smoothing must be at most 1 but got {self.smoothing!r}")

    @property
    def needs(self) -> frozenset[str]:
        return frozenset({"excess"})

    def propose(self, view: View, rng: np.random.Generator) -> tuple[Proposal, ...]:
        """This round's weights and their average; the average alone when no round is left."""
        who = roster(view)
        excess = np.maximum(target_scores(view, who.candidates, "excess"), 0.0)
        most = int(excess.argmax())
        told = f"excess loss up to {excess[most]:.2g} nats ({who.names[most]})"
        return reweighted(view, who, self.step * excess, told, self.smoothing)
