"""What is believed of every task's effect before any branch has been trained.

Effects are in units of the deviation between tasks throughout; see `belief`.
Shapes: N candidates, F features, T earlier targets.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from policies.navigator.earlier import Lessons, lessons, shared_covariance
from policies.navigator.features import features
from policies.roster import FloatArray, IntArray, Roster
from policies.view import View

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
    """A Gaussian over the effects b = features @ weights + source + own part."""

    features: FloatArray
    """(N, F)"""
    weight_means: FloatArray
    weight_sds: FloatArray
    families: IntArray
    """(N,) a number per family."""
    sketches: NDArray[np.float32] | None
    """(N, k) in the view's order; read through `order`."""
    order: IntArray
    known: Lessons | None
    """Of earlier campaigns."""

    def mean(self) -> FloatArray:
        """(N,) expected effects."""
        sources = 0.0 if self.known is None else self.known.sources
        return np.asarray(self.features @ self.weight_means + sources)

    def variance(self) -> FloatArray:
        """(N,) variances of the effects."""
        weighted = self.features**2 @ self.weight_sds**2 + self._own()
        if self.known is not None:
            weighted += (1 - self.known.own) * (self.known.residuals**2).sum(axis=1)
        return np.asarray(weighted)

    def covariance(self, rows: IntArray, columns: IntArray) -> FloatArray:
        """(len(rows), len(columns)) covariances of effects: signals, likeness and kinship."""
        weighted = self.features[columns] * self.weight_sds**2
        alike = _LIKE * self._likeness(rows, columns) + _KIN * self._kinship(rows, columns)
        same = rows[:, None] == columns[None, :]
        # The diagonal is set, not summed, so that it is `variance` whatever `sketches` hold.
        deviation = np.sqrt(self._own())
        own = np.outer(deviation[rows], deviation[columns]) * np.where(same, 1.0, alike)
        if self.known is not None:
            own += shared_covariance(self.known, rows, columns)
        return np.asarray(self.features[rows] @ weighted.T + own)

    def overlap(self, rows: IntArray) -> FloatArray:
        """(n, n) in [0, 1]: how far two tasks teach the same thing; 1 on the diagonal."""
        if self.sketches is None:
            overlap = _KIN_OVERLAP * self._kinship(rows, rows)
        else:
            overlap = self._likeness(rows, rows)
        np.fill_diagonal(overlap, 1.0)
        return overlap

    def _own(self) -> FloatArray:
        """(N,) variances of what is particular to each task."""
        if self.known is None:
            return np.full(len(self.families), _OWN**2)
        return self.known.own_variance + self.known.source_variances

    def _kinship(self, rows: IntArray, columns: IntArray) -> FloatArray:
        return np.equal(self.families[rows][:, None], self.families[columns]).astype(np.float64)

    def _likeness(self, rows: IntArray, columns: IntArray) -> FloatArray:
        if self.sketches is None:
            return np.zeros((len(rows), len(columns)))
        ours, theirs = self.sketches[self.order[rows]], self.sketches[self.order[columns]]
        return np.asarray(np.clip(ours @ theirs.T, 0.0, 1.0), dtype=np.float64)


def prior(view: View, who: Roster) -> Prior:
    """Put together what signals and earlier campaigns say."""
    read = features(view, who)
    means, sds = read.weight_means.copy(), read.weight_sds.copy()
    at = read.signals
    known = lessons(view.past, who, read.names[at], (means[at], sds[at]))
    if known is not None:
        means[at], sds[at] = known.weights, known.weight_sds
        means[0], sds[0] = known.level
    _, families = np.unique([c.family for c in who.candidates], return_inverse=True)
    return Prior(
        features=read.values,
        weight_means=means,
        weight_sds=sds,
        families=families.astype(np.intp),
        sketches=view.sketches,
        order=who.order,
        known=known,
    )
