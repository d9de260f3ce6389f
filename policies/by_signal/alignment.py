"""Gradient alignment decides."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from policies.options import require_above, require_at_least
from policies.picking import at_equal_shares, size_of_set
from policies.roster import best_first, roster, target_scores
from policies.shares import as_mixture, brief
from policies.view import Proposal, View


@dataclass(frozen=True, kw_only=True)
class Alignment:
    """The k candidates whose gradients point best along the target's, by a softmax.

    Only positive alignment counts: against it, a step on the candidate raises the target's loss.
    When none is positive, the target trains alone. With `View.exactly` it is so many of the best
    aligned at equal shares, whatever their sign. Several targets: alignments are averaged by the
    targets' weights. Gains are not read.

    Source: Du et al. 2018, arXiv:1812.02224: an auxiliary loss is used while its
    cosine with the main gradient is not negative. Softmax over alignments as in Albalak et al.
    2023 (FLAD), arXiv:2302.00674.
    """

    k: int = 5
    """Candidates taken at most; at least 1."""
    temperature: float = 0.1
    """Of the softmax, in units of alignment; larger is flatter; above 0."""

    def __post_init__(self) -> None:
        require_at_least("k", self.k, 1)
        require_above("temperature", self.temperature, 0)

    @property
    def needs(self) -> frozenset[str]:
        return frozenset({"alignment"})

    def propose(self, view: View, rng: np.random.Generator) -> tuple[Proposal, ...]:
        """One mixture: the aligned among the top k, or the empty one."""
        who = roster(view)
        alignment = target_scores(view, who.candidates, "alignment")
        best = best_first(alignment, who)[: size_of_set(view, self.k)]
        top = best if view.exactly is not None else best[alignment[best] > 0]
        if not len(top):
            said = "is aligned with the target's" if alignment.any() else "is known"
            reason = f"no candidate's gradient {said}: the target alone"
            return (Proposal(mixture={}, reason=reason),)
        if view.exactly is None:
            rates = np.exp((alignment[top] - alignment[top].max()) / self.temperature)
            mixture = as_mixture([who.names[at] for at in top], rates / rates.sum())
        else:
            mixture = at_equal_shares(who, top)
        reason = (
            f"top {len(mixture)} of {len(alignment)} by alignment "
            f"({alignment[top[0]]:+.2f} to {alignment[top[-1]]:+.2f}): {brief(mixture)}"
        )
        return (Proposal(mixture=mixture, reason=reason),)
