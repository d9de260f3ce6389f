"""What is known of each candidate before any branch was trained, as columns of numbers.

Shapes: N candidates, F features.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from policies.roster import FloatArray, Roster, target_scores
from policies.standardised import standardised
from policies.view import View

_ALL, _FAMILY, _SIZE = "all", "family", "size"

TRUSTED = ("affinity", "alignment", "text")
"""Signals whose weights are above 0 before any evidence."""
_WEIGHTS = {
    _ALL: (-0.2, 0.4),
    _FAMILY: (0.35, 0.4),
    _SIZE: (0.05, 0.15),
    "alignment": (0.45, 0.35),
    "affinity": (0.25, 0.3),
    "text": (0.3, 0.3),
}
"""Feature -> mean and deviation of its weight, in units of effect, before any evidence. Offline
fusions of signals on TaskWeb's tables give each a modest weight; too large a one costs more than
none."""
_ANY_OTHER = (0.0, 0.3)


@dataclass(frozen=True, kw_only=True, slots=True)
class Features:
    """Columns of comparable size, and how far each is trusted."""

    names: tuple[str, ...]
    """(F,) "all", "family" and "size", then the signals by name."""
    values: FloatArray
    """(N, F)"""
    weight_means: FloatArray
    """(F,)"""
    weight_sds: FloatArray
    """(F,)"""

    @property
    def signals(self) -> slice:
        """Where the signals lie."""
        return slice(3, len(self.names))


def features(view: View, who: Roster) -> Features:
    """Read the signals that are trusted from the start, and those that earlier campaigns judge.

    One that is missing or constant says nothing.
    """
    told = {signal for branch in view.past for signal in branch.scores}
    found = sorted(told | set(TRUSTED))
    kin = np.zeros(len(who.candidates))
    for target in view.targets:
        same = [candidate.family == target.family for candidate in who.candidates]
        kin += target.weight * np.array(same, dtype=np.float64)
    columns = [np.ones(len(kin)), kin, standardised(np.log(who.num_examples))]
    columns += [standardised(target_scores(view, who.candidates, signal)) for signal in found]
    names = (_ALL, _FAMILY, _SIZE, *found)
    weights = np.array([_WEIGHTS.get(name, _ANY_OTHER) for name in names])
    return Features(
        names=names,
        values=np.stack(columns, axis=1),
        weight_means=weights[:, 0],
        weight_sds=weights[:, 1],
    )
