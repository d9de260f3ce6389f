"""Nearness of the texts decides: retrieval of experts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from policies.baselines.same_family import without_evidence
from policies.options import require_above, require_at_least
from policies.picking import best, size_of_set
from policies.roster import best_first, roster, target_scores
from policies.shares import as_mixture, brief
from policies.view import Proposal, View


@dataclass(frozen=True, kw_only=True)
class Text:
    """The k candidates whose texts are nearest to the target's.

    In rounds: what the texts say does not change, so the same mixture in every branch and round;
    gains are not read. Several targets: scores are averaged by the targets' weights. Where no
    candidate has a score it is the target's family, as in `same-family`.

    Source: Jang et al. 2023 (RoE), arXiv:2302.03202: the score is the mean over target examples of
    the nearest source example. Top k at equal shares as in TaskWeb (Kim et al. 2023,
    arXiv:2305.13256), which also shows that such scores alone choose worse than past gains do.
    """

    k: int = 5
    """Candidates taken; fewer when there are fewer; at least 1. `View.exactly` overrides it."""
    temperature: float | None = None
    """None takes the k at equal shares; else that of a softmax over their scores, above 0."""

    def __post_init__(self) -> None:
        require_at_least("k", self.k, 1)
        if self.temperature is not None:
            require_above("temperature", self.temperature, 0)

    @property
    def needs(self) -> frozenset[str]:
        return frozenset({"text"})

    def propose(self, view: View, rng: np.random.Generator) -> tuple[Proposal, ...]:
        """One mixture: the top k by text."""
        who = roster(view)
        nearness = target_scores(view, who.candidates, "text")
        if not nearness.any():
            return without_evidence(view, "text score")
        count = size_of_set(view, self.k)
        top = best_first(nearness, who)[:count]
        if self.temperature is None or view.exactly is not None:
            mixture = best(nearness, who, count)
        else:
            rates = np.exp((nearness[top] - nearness[top].max()) / self.temperature)
            mixture = as_mixture([who.names[at] for at in top], rates / rates.sum())
        reason = (
            f"top {count} of {len(nearness)} by text "
            f"({nearness[top[0]]:+.2f} to {nearness[top[-1]]:+.2f}): {brief(mixture)}"
        )
        return (Proposal(mixture=mixture, reason=reason),)
