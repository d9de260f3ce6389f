"""What helped other targets decides."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from policies.baselines.same_family import without_evidence
from policies.options import require_at_least
from policies.picking import best, size_of_set
from policies.roster import FloatArray, Roster, best_first, roster
from policies.shares import brief
from policies.source_effects import source_effects
from policies.view import Proposal, View


@dataclass(frozen=True, kw_only=True)
class SourceEffect:
    """The k candidates that helped the targets of earlier campaigns most.

    In rounds: nothing is measured, so the same mixture in every branch and round; gains of this
    campaign are not read. Only effects above 0 count, the mean of all that were seen; with none the
    target trains alone. Without any earlier campaign it is the target's family, as in
    `same-family`.

    Source: the mean gain of a source on other targets; on TaskWeb (Kim et al. 2023,
    arXiv:2305.13256, T5-large) its Regret@5 is near that of the paper's TaskShop.
    """

    k: int = 5
    """Candidates taken at most; at least 1. `View.exactly` overrides it."""
    table: Mapping[str, float] | None = None
    """Effects by name, any unit, to be used in place of earlier campaigns; above 0 helps, a
    candidate that is not in it counts as 0, and names that are no candidates are passed over."""

    def __post_init__(self) -> None:
        require_at_least("k", self.k, 1)
        for name, effect in (self.table or {}).items():
            if not math.isfinite(effect):
                raise ValueError(f"table must hold finite effects but {name!r} has {effect!r}")

    @property
    def needs(self) -> frozenset[str]:
        return frozenset()

    def propose(self, view: View, rng: np.random.Generator) -> tuple[Proposal, ...]:
        """One mixture: the top k by effect."""
        who = roster(view)
        effects = self._effects(view, who)
        if not effects.any():
            return without_evidence(view, "known effect on other targets")
        count = size_of_set(view, self.k)
        if view.exactly is None:
            count = min(count, int((effects > 0).sum()))
        if not count:
            reason = "no candidate helped other targets more than the average: the target alone"
            return (Proposal(mixture={}, reason=reason),)
        top = best_first(effects, who)[:count]
        mixture = best(effects, who, count)
        reason = (
            f"top {count} of {len(effects)} by effect on other targets "
            f"({effects[top[0]]:+.2g} to {effects[top[-1]]:+.2g}): {brief(mixture)}"
        )
        return (Proposal(mixture=mixture, reason=reason),)

    def _effects(self, view: View, who: Roster) -> FloatArray:
        if self.table is None:
            return source_effects(view, who).mean
        return np.array([self.table.get(name, 0.0) for name in who.names], dtype=np.float64)
