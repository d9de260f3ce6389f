"""Finished branches as a table that a model can be fitted to.

Shapes: T finished branches, S shortlisted candidates.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from policies.branches import finished_branches
from policies.mixture_models.mixture_space import MixtureSpace
from policies.roster import FloatArray, IntArray, Roster
from policies.view import View


@dataclass(frozen=True, kw_only=True, slots=True)
class Evidence:
    """What was trained and what it gave, in units that do not depend on the loss's scale."""

    shares: FloatArray
    """(T, S) shares of the shortlisted tasks; a row sums to less than 1 where others took part."""
    gains: FloatArray
    """(T,) at mean 0 and standard deviation 1."""
    noise: FloatArray
    """(T,) standard error of each of `gains`."""
    rounds: IntArray
    """(T,) number of the round."""
    level: float
    """Mean gain, nats."""
    unit: float
    """Nats per unit of `gains`, above 0."""

    def nats(self, gain: float) -> float:
        """A gain in nats again, above the control."""
        return self.level + self.unit * gain


def evidence(view: View, who: Roster, space: MixtureSpace) -> Evidence:
    """Collect the finished branches; those of the target alone and failed ones say nothing."""
    seen = finished_branches(view, who)
    shares = np.zeros((len(seen.gains), len(who.names)))
    shares[:, seen.tested] = seen.shares
    level = float(seen.gains.mean()) if seen.gains.size else 0.0
    spread = float(seen.gains.std()) if seen.gains.size else 0.0
    # One branch, or several that gave the same, have no spread; their size is the best unit then.
    unit = spread if spread > 1e-9 * abs(level) else abs(level)
    unit = unit or 1.0
    return Evidence(
        shares=shares[:, space.chosen],
        gains=(seen.gains - level) / unit,
        noise=seen.ses / unit,
        rounds=seen.rounds,
        level=level,
        unit=unit,
    )
