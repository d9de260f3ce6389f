"""The candidates are divided into groups of like tasks; the target trains with one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from policies.baselines.same_family import without_evidence
from policies.by_signal.clustering import clusters
from policies.by_signal.directions import directions
from policies.options import require_at_least
from policies.picking import best, size_of_set
from policies.roster import FloatArray, IntArray, Roster, best_first, roster, target_scores
from policies.shares import as_mixture, brief, proportional_shares
from policies.view import Proposal, View

_MAP = ("confidence", "variability", "correctness")
_LOOKED_AT = 400
"""Candidates that are divided, the best for the target; the cost of a distance is the width of
their sketches."""


@dataclass(frozen=True, kw_only=True)
class Groups:
    """The group of like tasks whose mean affinity onto the target is highest.

    In rounds: signals are measured anew in each, and with them the groups; gains are not read.
    The candidates are divided by k-means, so that tasks are most alike within groups: by
    gradients (`tag`), where this is the paper's objective with its cosine affinities among the
    candidates, or by the statistics of their data maps (`data-maps`). The target then joins the
    group with the highest mean of `signal`, and the group trains by capped size; the target alone
    if that mean is not above 0. Differs from the papers: affinities that are real look-aheads are
    measured onto the target only; data maps are means over a task's own examples, since tasks
    share no inputs here. Where what it needs is missing it is `same-family`.

    Source: Fifty et al. 2021 (TAG), arXiv:2109.04617; STG-MTL, arXiv:2307.03374.
    """

    by: Literal["tag", "data-maps"] = "tag"
    """What makes tasks alike: their gradients, or how sure and how right the model is of them."""
    signal: Literal["lookahead", "affinity", "alignment"] = "lookahead"
    """Affinity onto the target."""
    groups: int = 5
    """At most; at least 1."""
    cap: int = 10_000
    """Examples of one task that count at most; at least 1."""

    def __post_init__(self) -> None:
        require_at_least("groups", self.groups, 1)
        require_at_least("cap", self.cap, 1)

    @property
    def needs(self) -> frozenset[str]:
        return frozenset({self.signal, *(("similarity",) if self.by == "tag" else _MAP)})

    def propose(self, view: View, rng: np.random.Generator) -> tuple[Proposal, ...]:
        """One mixture: the target's group."""
        who = roster(view)
        affinity = target_scores(view, who.candidates, self.signal)
        if not affinity.any():
            return without_evidence(view, f"{self.signal} score")
        looked_at = best_first(affinity, who)[:_LOOKED_AT]
        rows = self._rows(view, who, looked_at)
        known = rows.any(axis=1)
        if not known.any():
            return without_evidence(view, "gradient" if self.by == "tag" else "data map")
        places, rows = looked_at[known], rows[known]
        labels = clusters(rows, first=0, groups=self.groups)
        return (self._joined(view, who, affinity, places, labels),)

    def _rows(self, view: View, who: Roster, places: IntArray) -> FloatArray:
        """(n, k) what likeness is measured on; zeros where nothing is known."""
        if self.by == "tag":
            nothing = np.zeros((len(places), 1))
            return nothing if view.sketches is None else directions(view, who, places)
        chosen = tuple(who.candidates[at] for at in places)
        maps = np.stack([target_scores(view, chosen, signal) for signal in _MAP], axis=1)
        return _standardised(maps)

    def _joined(
        self, view: View, who: Roster, affinity: FloatArray, places: IntArray, labels: IntArray
    ) -> Proposal:
        # Relative to the largest: no sum leaves the range of numbers.
        peak = float(np.abs(affinity).max())
        level = affinity / peak
        means = np.bincount(labels, weights=level[places]) / np.bincount(labels)
        joined = int(np.argmax(means))
        members = np.sort(places[labels == joined])
        where = f"1 of {len(means)} groups, mean {self.signal} {means[joined] * peak:+.2g}"
        if view.exactly is not None:
            level[members] += 3.0
            mixture = best(level, who, size_of_set(view, 1))
        elif means[joined] > 0:
            shares = proportional_shares(who.num_examples[members], cap=self.cap)
            mixture = as_mixture([who.names[at] for at in members], shares)
        else:
            return Proposal(mixture={}, reason=f"the target alone: its best group is {where}")
        return Proposal(mixture=mixture, reason=f"{where}: {brief(mixture)}")


def _standardised(maps: FloatArray) -> FloatArray:
    """Columns at deviation 1 over the tasks that have a map; zeros for those that have none."""
    known = np.asarray(maps.any(axis=1))
    if not known.any():
        return np.zeros_like(maps)
    spread = maps[known].std(axis=0)
    centred = (maps - maps[known].mean(axis=0)) / np.where(spread > 1e-12, spread, 1.0)
    # A column of ones, so that a task at the mean of every other is not taken for unknown.
    described = np.column_stack([centred, np.ones(len(maps))])
    return np.where(known[:, None], described, 0.0)
