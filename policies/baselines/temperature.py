"""Every candidate, between equal shares and shares by size."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from policies.options import require_above, require_at_least
from policies.roster import roster
from policies.shares import as_mixture, brief, proportional_shares
from policies.view import Proposal, View


@dataclass(frozen=True, kw_only=True)
class Temperature:
    """All candidates at shares that grow with a root of their size.

    In rounds: the same mixture in every branch and round; gains are not read. Differs from
    `proportional` in its defaults, which are those of the paper's temperature-scaled mixing:
    hardly any cap, and the square root of the size.

    Source: Raffel et al. 2020 (T5), arXiv:1910.10683, section 3.5.2, where a temperature of 2 with
    a cap of 2^21 examples is the best of the temperatures tried.
    """

    temperature: float = 2.0
    """1 follows the sizes; larger is flatter, towards equal shares; above 0."""
    cap: int = 2**21
    """Examples of one task that count at most; at least 1."""

    def __post_init__(self) -> None:
        require_above("temperature", self.temperature, 0)
        require_at_least("cap", self.cap, 1)

    @property
    def needs(self) -> frozenset[str]:
        return frozenset()

    def propose(self, view: View, rng: np.random.Generator) -> tuple[Proposal, ...]:
        """One mixture of all candidates, the same in every round."""
        who = roster(view)
        shares = proportional_shares(who.num_examples, cap=self.cap, temperature=self.temperature)
        mixture = as_mixture(who.names, shares)
        reason = (
            f"all {len(shares)} candidates by size to the power 1/{self.temperature:g}: "
            f"{brief(mixture)}"
        )
        return (Proposal(mixture=mixture, reason=reason),)
