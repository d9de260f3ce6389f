"""Prefix affinity decides: CompassMTL's complementary transfer."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from policies.options import require_at_least
from policies.picking import at_equal_shares, size_of_set
from policies.roster import best_first, roster, target_scores
from policies.shares import as_mixture, brief, proportional_shares
from policies.view import Proposal, View


@dataclass(frozen=True, kw_only=True)
class Compass:
    """The k candidates whose prefix vectors correlate best with the target's.

    Shares among the k follow capped size, as in the paper's mixing. Several targets: affinities
    are averaged by the targets' weights. Gains are not read; candidates of equal affinity are
    taken by size, so that without any affinity it is the k largest.

    Source: Zhang et al. 2022 (CompassMTL), arXiv:2210.06277, relationship probing and the variant
    "w/ Tailor": the target is trained together with its top-ranked tasks.
    """

    k: int = 5
    """Candidates taken; fewer when there are fewer; at least 1. `View.exactly` overrides it, and
    makes their shares equal."""
    cap: int = 10_000
    """Examples of one task that count at most; at least 1."""

    def __post_init__(self) -> None:
        require_at_least("k", self.k, 1)
        require_at_least("cap", self.cap, 1)

    @property
    def needs(self) -> frozenset[str]:
        return frozenset({"affinity"})

    def propose(self, view: View, rng: np.random.Generator) -> tuple[Proposal, ...]:
        """One mixture: the top k by affinity."""
        who = roster(view)
        affinity = target_scores(view, who.candidates, "affinity")
        top = best_first(affinity, who)[: size_of_set(view, self.k)]
        if view.exactly is None:
            shares = proportional_shares(who.num_examples[top], cap=self.cap)
            mixture = as_mixture([who.names[at] for at in top], shares)
        else:
            mixture = at_equal_shares(who, top)
        known = f"by affinity ({affinity[top[0]]:+.2f} to {affinity[top[-1]]:+.2f})"
        order = known if affinity.any() else "by size, for want of any affinity"
        reason = f"top {len(top)} of {len(affinity)} {order}: {brief(mixture)}"
        return (Proposal(mixture=mixture, reason=reason),)
