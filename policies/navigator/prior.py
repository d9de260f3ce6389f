"""What the signals say about every task's effect before any branch has been trained.

Effects are in units of the campaign's typical effect size throughout; see `belief`.
Shapes: N candidates, F features.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from policies.roster import FloatArray, IntArray, Roster, target_scores
from policies.view import View

# Weights of the features: what is expected of them, and how far a campaign may move them. The
# figures follow the offline fusion of signals in TaskWeb's tables: each deserves a modest weight,
# and too large a weight costs more than none.
_WEIGHT_MEANS = {"all": -0.2, "alignment": 0.45, "affinity": 0.25, "family": 0.35, "size": 0.05}
_WEIGHT_SDS = {"all": 0.4, "alignment": 0.35, "affinity": 0.3, "family": 0.4, "size": 0.15}
_OWN = 0.9
"""Standard deviation of what is particular to a task beyond its features."""
_LIKE = 0.35
"""Share of that variance which tasks with equal gradients have in common."""
_KIN = 0.15
"""Share of that variance which tasks of one family have in common."""
_KIN_OVERLAP = 0.5
"""How far two tasks of one family are taken to teach the same, where no gradients are known."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Prior:
    """A Gaussian over the effects b = features @ weights + own part."""

    features: FloatArray
    """(N, F)"""
    weight_means: FloatArray
    weight_sds: FloatArray
    families: IntArray
    """(N,) a number per family."""
    sketches: NDArray[np.float32] | None
    """(N, k) in the view's order; read through `order`."""
    order: IntArray

    def mean(self) -> FloatArray:
        """(N,) expected effects."""
        return np.asarray(self.features @ self.weight_means)

    def variance(self) -> FloatArray:
        """(N,) variances of the effects."""
        return np.asarray(self.features**2 @ self.weight_sds**2 + _OWN**2)

    def covariance(self, rows: IntArray, columns: IntArray) -> FloatArray:
        """(len(rows), len(columns)) covariances of effects: signals, likeness and kinship."""
        weighted = self.features[columns] * self.weight_sds**2
        alike = _LIKE * self._likeness(rows, columns) + _KIN * self._kinship(rows, columns)
        same = rows[:, None] == columns[None, :]
        # The diagonal is set, not summed, so that it is `variance` whatever `sketches` hold.
        own = _OWN**2 * np.where(same, 1.0, alike)
        return np.asarray(self.features[rows] @ weighted.T + own)

    def overlap(self, rows: IntArray) -> FloatArray:
        """(n, n) in [0, 1]: how far two tasks teach the same thing; 1 on the diagonal."""
        if self.sketches is None:
            overlap = _KIN_OVERLAP * self._kinship(rows, rows)
        else:
            overlap = self._likeness(rows, rows)
        np.fill_diagonal(overlap, 1.0)
        return overlap

    def _kinship(self, rows: IntArray, columns: IntArray) -> FloatArray:
        return np.equal(self.families[rows][:, None], self.families[columns]).astype(np.float64)

    def _likeness(self, rows: IntArray, columns: IntArray) -> FloatArray:
        if self.sketches is None:
            return np.zeros((len(rows), len(columns)))
        ours, theirs = self.sketches[self.order[rows]], self.sketches[self.order[columns]]
        return np.clip(ours.astype(np.float64) @ theirs.T, 0.0, 1.0)


def prior(view: View, who: Roster) -> Prior:
    """Read the signals of a view; a signal that is missing or constant says nothing."""
    kin = np.zeros(len(who.candidates))
    for target in view.targets:
        same = [candidate.family == target.family for candidate in who.candidates]
        kin += target.weight * np.array(same, dtype=np.float64)
    features = {
        "all": np.ones(len(kin)),
        "alignment": standardised(target_scores(view, who.candidates, "alignment")),
        "affinity": standardised(target_scores(view, who.candidates, "affinity")),
        "family": kin,
        "size": standardised(np.log(who.num_examples)),
    }
    _, families = np.unique([c.family for c in who.candidates], return_inverse=True)
    return Prior(
        features=np.stack([features[name] for name in _WEIGHT_MEANS], axis=1),
        weight_means=np.array(list(_WEIGHT_MEANS.values())),
        weight_sds=np.array([_WEIGHT_SDS[name] for name in _WEIGHT_MEANS]),
        families=families.astype(np.intp),
        sketches=view.sketches,
        order=who.order,
    )


def standardised(scores: FloatArray) -> FloatArray:
    """Scores at mean 0 and deviation 1, cut at 2.5; exact zeros are no evidence and stay 0."""
    known = scores != 0
    if not known.any():
        return np.zeros_like(scores)
    # Peak first: squares of 1e30 and of 1e-200 would leave the range.
    level = scores / np.abs(scores).max()
    spread = level[known].std()
    if spread < 1e-9:
        return np.zeros_like(scores)
    centred = np.clip((level - level[known].mean()) / spread, -2.5, 2.5)
    return np.where(known, centred, 0.0)
