"""Which branch the next round starts from: pure, from a round's gains alone."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from engine.gains.gain import lower_bound
from engine.ledger.records import GainLine


@dataclass(frozen=True, kw_only=True, slots=True)
class Advance:
    """The decision of a round."""

    branch: str | None
    """The branch that passed; None: the control goes on."""
    bound: float | None
    """The best lower bound of a gate gain, passed or not, nats per example; None: no branch."""
    reason: str
    """One line that a person can read."""


def advance(
    gains: Sequence[GainLine], *, confidence: float, placebos: Collection[str] = ()
) -> Advance:
    """Take the branch with the best lower bound of its gain on the gate split, if that is above 0.

    The bound is one-sided. Its level is divided among the branches compared (Bonferroni), so that a
    round in which nothing helps goes on from the control with probability at least `confidence`.

    Args:
        gains: The round's branches; failed ones are no evidence and never advance.
        confidence: Level of the whole round, between 0 and 1.
        placebos: Branches that are there to test the measuring; they never advance.

    Raises:
        ValueError: If `confidence` is out of range.
    """
    bounds = _bounds(gains, confidence, placebos)
    if not bounds:
        return Advance(branch=None, bound=None, reason="no branch finished: the control goes on")
    # max keeps the first of equals: the policy's own order decides.
    best = max(bounds, key=lambda name: bounds[name])
    if bounds[best] > 0:
        reason = f"{best} beats the control by at least {bounds[best]:.4f} nats"
        return Advance(branch=best, bound=bounds[best], reason=f"{reason} (level {confidence:g})")
    reason = f"best lower bound {bounds[best]:+.4f} nats ({best}): the control goes on"
    return Advance(branch=None, bound=bounds[best], reason=reason)


def _bounds(
    gains: Sequence[GainLine], confidence: float, placebos: Collection[str]
) -> dict[str, float]:
    """Lower bound of the gate gain by branch, for the branches that may advance."""
    if not 0 < confidence < 1:
        raise ValueError(f"confidence must lie between 0 and 1, got {confidence}.")
    measured = {
        line.branch: (line.gate_gain, line.gate_se)
        for line in gains
        if line.status == "finished" and line.branch not in placebos
    }
    level = 1 - (1 - confidence) / max(len(measured), 1)
    return {
        branch: lower_bound(gain, se, confidence=level)
        for branch, (gain, se) in measured.items()
        if gain is not None and se is not None
    }
