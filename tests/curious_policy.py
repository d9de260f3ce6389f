"""A policy that wants to know everything, and then trains on what it knows least about."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from policies import SIGNALS, Proposal, View


@dataclass(frozen=True, kw_only=True)
class Curious:
    """Needs every signal, or those that it is told to need."""

    only: list[str] = field(default_factory=lambda: list(SIGNALS))

    @property
    def needs(self) -> frozenset[str]:
        return frozenset(self.only)

    def propose(self, view: View, rng: np.random.Generator) -> Sequence[Proposal]:
        names = sorted(candidate.name for candidate in view.candidates)
        return [Proposal(mixture={names[0]: 1.0}, reason="the first by name")]
