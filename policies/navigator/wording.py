"""Why a mixture was proposed, in one line: purpose, expected gain, and each task's evidence."""

from __future__ import annotations

from dataclasses import dataclass

from policies.branches import counted
from policies.navigator.belief import Belief
from policies.navigator.pool import Pool
from policies.roster import FloatArray, IntArray, Roster
from policies.shares import as_mixture
from policies.view import Proposal

_TOLD = 3
"""Tasks whose numbers are told; the rest are counted."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Wording:
    """Turns mixtures of a pool into proposals that say why.

    Shapes: N candidates of the roster.
    """

    who: Roster
    scale: float
    """Nats per unit of effect."""
    effects: tuple[FloatArray, FloatArray]
    """(N,) means and (N,) standard deviations, nats."""
    before: FloatArray
    """(N,) expected effects before any evidence, in units."""
    branches: IntArray
    """(N,) finished branches with each candidate."""
    tests: int
    """Finished branches in all."""

    def proposal(self, mixtures: Pool, at: int, purpose: str) -> Proposal:
        """Mixture `at` of the pool, its expected gain and its largest tasks."""
        places = {self.who.names[place]: int(place) for place in mixtures.chosen}
        mixture = as_mixture(list(places), mixtures.shares[at])
        gain = _with_deviation(float(mixtures.mean[at]), float(mixtures.deviation()[at]))
        told = [self._task(places[task], share) for task, share in list(mixture.items())[:_TOLD]]
        rest = len(mixture) - len(told)
        tasks = ", ".join(told) + (f" and {rest} more" if rest else "")
        return Proposal(mixture=mixture, reason=f"{purpose}, expected gain {gain}: {tasks}")

    def nothing(self) -> Proposal:
        """The target alone."""
        count = counted(self.tests)
        reason = f"the target alone: after {count} no candidate is credibly helpful"
        return Proposal(mixture={}, reason=reason)

    def _task(self, at: int, share: float) -> str:
        means, deviations = self.effects
        effect = _with_deviation(float(means[at]), float(deviations[at]))
        if not self.branches[at]:
            return f"{self.who.names[at]} {share:.2f} (untested; signals say {effect})"
        count = counted(int(self.branches[at]))
        before = _plain(float(self.before[at]) * self.scale)
        return f"{self.who.names[at]} {share:.2f} ({effect} after {count}, before {before})"


def _with_deviation(mean: float, deviation: float) -> str:
    return f"{_plain(mean)}±{_plain(deviation).lstrip('+')}"


def wording(who: Roster, belief: Belief, effects: tuple[FloatArray, FloatArray]) -> Wording:
    """Collect what is told about each candidate."""
    return Wording(
        who=who,
        scale=belief.scale,
        effects=effects,
        before=belief.parts[0].on.mean,
        branches=belief.seen.counts(len(who.names)),
        tests=len(belief.seen.gains),
    )


def _plain(nats: float) -> str:
    """Three decimals, the usual size of a gain; an exponent where those say nothing."""
    return f"{nats:+.3f}" if 0.0005 <= abs(nats) < 100 or nats == 0 else f"{nats:+.1e}"
