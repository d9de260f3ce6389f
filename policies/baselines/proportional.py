"""Every candidate, by size: the multi-task default."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from policies.options import require_above, require_at_least
from policies.roster import roster
from policies.shares import as_mixture, proportional_shares
from policies.view import Proposal, View


@dataclass(frozen=True, kw_only=True)
class Proportional:
    """Examples-proportional shares over all candidates, each counted up to a cap.

    Source: Raffel et al. 2020 (T5), arXiv:1910.10683, section 3.5.2; cap as in CompassMTL,
    arXiv:2210.06277.
    """

    cap: int = 10_000
    """Examples of one task that count at most; at least 1."""
    temperature: float = 1.0
    """1 follows the sizes; larger is flatter; above 0."""

    def __post_init__(self) -> None:
        require_at_least("cap", self.cap, 1)
        require_above("temperature", self.temperature, 0)

    @property
    def needs(self) -> frozenset[str]:
        return frozenset()

    def propose(self, view: View, rng: np.random.Generator) -> tuple[Proposal, ...]:
        """One mixture of all candidates, the same in every round."""
        who = roster(view)
        shares = proportional_shares(who.num_examples, cap=self.cap, temperature=self.temperature)
        reason = (
            f"all {len(shares)} candidates by size, at most {self.cap:,} examples each counted, "
            f"temperature {self.temperature:g}"
        )
        return (Proposal(mixture=as_mixture(who.names, shares), reason=reason),)
