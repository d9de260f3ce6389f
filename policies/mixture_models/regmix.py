"""A regression over mixtures decides: RegMix."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from policies.mixture_models.mixture_space import (
    MixtureSpace,
    Ranking,
    distinct_rows,
    mixture_space,
    signals_for,
)
from policies.mixture_models.surrogates.boosted_trees import Regression, fit_boosted_trees
from policies.mixture_models.surrogates.evidence import evidence
from policies.mixture_models.swarm import first_swarm, with_swarm
from policies.options import require_at_least
from policies.roster import FloatArray, roster
from policies.view import Proposal, View


@dataclass(frozen=True, kw_only=True)
class RegMix:
    """Tests random mixtures and trains on the average of those that a regression likes best.

    RegMix trains all its small models at once and is done. Here each round tests the average as
    it stands and, beside it, further random mixtures; the regression is fitted anew to all
    branches. At the end the average is kept if the regression expects a gain of it, or with
    `View.exactly`, else no candidate is. Trees are scikit-learn's, since LightGBM is not among the
    dependencies.

    Source: Liu et al. 2024 (RegMix), arXiv:2407.01492, section 3, and its code for how mixtures
    are drawn.
    """

    tasks: int = 16
    """Candidates looked at, the most promising and those tested; at least 1."""
    shortlist_by: Ranking = "alignment"
    """Signal, or size, by which untested candidates come onto the shortlist."""
    samples: int = 20_000
    """Mixtures whose gain is predicted; at least 1. The reference predicts 100,000."""
    averaged: int = 128
    """Of those, the best that are averaged; at least 1."""

    def __post_init__(self) -> None:
        for name in ("tasks", "samples", "averaged"):
            require_at_least(name, getattr(self, name), 1)

    @property
    def needs(self) -> frozenset[str]:
        return signals_for(self.shortlist_by)

    def propose(self, view: View, rng: np.random.Generator) -> tuple[Proposal, ...]:
        """The average of the best predicted, then random mixtures; the first alone at the end."""
        who = roster(view)
        space = mixture_space(view, who, self.tasks, self.shortlist_by)
        seen = evidence(view, who, space)
        if not len(seen.gains):
            return first_swarm(view, space, rng)
        predict = fit_boosted_trees(seen, rng)
        average = self._average(space, predict, rng)
        gain = seen.nats(float(predict(average)[0]))
        told = (
            f"average of the best {self.averaged} of {self.samples:,} predicted after "
            f"{len(seen.gains)} branches"
        )
        return with_swarm(view, space, average[0], gain, told, rng)

    def _average(
        self, space: MixtureSpace, predict: Regression, rng: np.random.Generator
    ) -> FloatArray:
        """(1, S) the mean of the distinct mixtures of the highest predictions."""
        sampled = space.draws(self.samples, rng)
        top = np.argsort(-predict(sampled), kind="stable")[: 4 * self.averaged]
        best = distinct_rows(sampled[top])[: self.averaged]
        return space.held(best.mean(axis=0, keepdims=True))
