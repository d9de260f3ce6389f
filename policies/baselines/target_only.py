"""The baseline that every other policy has to beat."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from policies.view import Proposal, View


@dataclass(frozen=True, kw_only=True)
class TargetOnly:
    """Trains the target alone: the empty mixture, always.

    Its branch repeats the control, so that its gains show the noise of measuring.
    """

    @property
    def needs(self) -> frozenset[str]:
        return frozenset()

    def propose(self, view: View, rng: np.random.Generator) -> tuple[Proposal, ...]:
        """One empty mixture."""
        return (Proposal(mixture={}, reason="the target alone, as a baseline"),)
