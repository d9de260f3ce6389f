"""The candidates as arrays, in an order that does not depend on the campaign file's."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from policies.view import Candidate, View

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.intp]


@dataclass(frozen=True, kw_only=True, slots=True)
class Roster:
    """A view's candidates sorted by name: equal sets give equal decisions, ties included."""

    candidates: tuple[Candidate, ...]
    names: tuple[str, ...]
    num_examples: FloatArray
    """(N,) training examples of each."""
    order: IntArray
    """(N,) position of each in `view.candidates`."""

    def place(self, name: str) -> int | None:
        """Where a candidate stands; None for one that is none."""
        at = bisect_left(self.names, name)
        return at if at < len(self.names) and self.names[at] == name else None


def roster(view: View) -> Roster:
    """Sort the candidates by name."""
    order = sorted(range(len(view.candidates)), key=lambda at: view.candidates[at].name)
    candidates = tuple(view.candidates[at] for at in order)
    return Roster(
        candidates=candidates,
        names=tuple(candidate.name for candidate in candidates),
        num_examples=np.array([c.num_examples for c in candidates], dtype=np.float64),
        order=np.array(order, dtype=np.intp),
    )


def target_scores(view: View, candidates: tuple[Candidate, ...], signal: str) -> FloatArray:
    """(N,) each candidate's score with the targets, averaged by their weights; 0 where missing."""
    means = np.zeros(len(candidates))
    for target in view.targets:
        scores = [c.scores.get(signal, {}).get(target.name, 0.0) for c in candidates]
        means += target.weight * np.array(scores, dtype=np.float64)
    return means


def best_first(scores: FloatArray, who: Roster) -> IntArray:
    """(N,) places by falling score; of equals the larger task first, then by name."""
    return np.lexsort((np.arange(len(scores)), -who.num_examples, -scores))
