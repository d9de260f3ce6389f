"""The mixtures that were trained, repeats of one put together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from policies.roster import Roster
from policies.view import View


@dataclass(frozen=True, kw_only=True, slots=True)
class Tested:
    """What all finished branches of one mixture say."""

    mixture: Mapping[str, float]
    gain: float
    """Mean over the branches, nats."""
    se: float
    """Standard error of that mean, by the branches' own standard errors, nats."""
    count: int

    def bound(self, caution: float) -> float:
        """The gain less `caution` standard errors, nats."""
        return self.gain - caution * self.se

    @property
    def told(self) -> str:
        """In words, e.g. "+0.012±0.004 nats in 2 of its branches"."""
        return f"{self.gain:+.3g}±{self.se:.2g} nats in {self.count} of its branches"


def all_tested(view: View, who: Roster) -> list[Tested]:
    """Every mixture that a branch finished with and that can still be trained, oldest first.

    The target alone and mixtures with a task that is no longer a candidate are left out.
    """
    names = set(who.names)
    found: dict[frozenset[tuple[str, float]], list[tuple[float, float]]] = {}
    for closed in view.history:
        for seen in closed.observations:
            mixture, outcome = seen.proposal.mixture, seen.outcome
            if outcome.gain is not None and mixture and mixture.keys() <= names:
                measured = (outcome.gain, outcome.se or 0.0)
                found.setdefault(frozenset(mixture.items()), []).append(measured)
    return [_together(dict(sorted(shares)), results) for shares, results in found.items()]


def _together(mixture: dict[str, float], results: list[tuple[float, float]]) -> Tested:
    gains, ses = np.array(results, dtype=np.float64).T
    # Plain means: weights by error bars would make a branch without one count for everything.
    # hypot, since squares of 1e200 would leave the range.
    se = float(np.hypot.reduce(ses)) / len(ses)
    return Tested(mixture=mixture, gain=float(gains.mean()), se=se, count=len(gains))
