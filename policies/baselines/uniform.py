"""Every candidate, at equal shares."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from policies.picking import at_equal_shares
from policies.roster import roster
from policies.view import Proposal, View


@dataclass(frozen=True, kw_only=True)
class Uniform:
    """All candidates at equal shares, whatever their size.

    In rounds: the same mixture in every branch and round; gains are not read. Do not use it where
    sizes differ by orders of magnitude: the examples of small tasks are then repeated many times.

    Source: "equal mixing", Raffel et al. 2020 (T5), arXiv:1910.10683, section 3.5.2.
    """

    @property
    def needs(self) -> frozenset[str]:
        return frozenset()

    def propose(self, view: View, rng: np.random.Generator) -> tuple[Proposal, ...]:
        """One mixture of all candidates, the same in every round."""
        who = roster(view)
        reason = f"all {len(who.names)} candidates at equal shares"
        return (Proposal(mixture=at_equal_shares(who, range(len(who.names))), reason=reason),)
