"""Beta arms: how often a branch with a task gains, whatever the size of the gain.

Shapes: N candidates, T finished branches.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from policies.branches import Branches
from policies.roster import FloatArray

_SLOPE = 0.6
"""What one standard deviation of expectation moves, as in `arms`."""


@dataclass(frozen=True, kw_only=True, slots=True)
class BetaArms:
    """A Beta distribution for each task's chance to help."""

    meaning: ClassVar[str] = "chance to help"
    helped: FloatArray
    """(N,) alpha: branches with a gain, counted by share, and what was expected; above 0."""
    hurt: FloatArray
    """(N,) beta: the same without one."""
    counts: NDArray[np.intp]
    """(N,) finished branches with each task."""

    def effects(self) -> tuple[FloatArray, FloatArray]:
        """(N,) means and (N,) standard deviations of the chances."""
        total = self.helped + self.hurt
        mean = self.helped / total
        return mean, np.sqrt(mean * (1 - mean) / (total + 1))

    def draw(self, rng: np.random.Generator) -> FloatArray:
        """(N,) chances drawn from the posterior."""
        return rng.beta(self.helped, self.hurt)

    def earned(self, caution: float) -> NDArray[np.bool_]:
        """(N,) tested tasks whose chance exceeds a half by `caution` standard deviations."""
        mean, deviation = self.effects()
        return (self.counts > 0) & (mean - caution * deviation > 0.5)


def beta_arms(seen: Branches, expectation: FloatArray, forget: float) -> BetaArms:
    """Count gains and losses round by round; a branch counts for its tasks by their shares.

    Args:
        seen: The finished branches; none is fine.
        expectation: (N,) as in `gaussian_arms`; zeros give every task Beta(1, 1).
        forget: Part of the counts that goes with every round of which a branch finished, 0 or more,
            below 1; a round that told nothing takes nothing.

    Source: Guo, Pasunuru, Bansal 2019 (AutoSeM), arXiv:1904.04153, stage 1: both counts decay
    towards their start, then the reward and its complement are added.
    """
    # Bounded, so that no expectation is beyond revision.
    start = 2 * np.clip(ndtr(_SLOPE * expectation), 0.05, 0.95)
    helped, hurt = start.copy(), 2 - start
    for number in np.unique(seen.rounds):
        branches = seen.rounds == number
        shares, gained = seen.shares[branches], seen.gains[branches] > 0
        helped += forget * (start - helped)
        hurt += forget * (2 - start - hurt)
        helped[seen.tested] += gained @ shares
        hurt[seen.tested] += ~gained @ shares
    return BetaArms(helped=helped, hurt=hurt, counts=seen.counts(len(expectation)))
