"""The finished branches, as arrays.

Shapes: T finished branches, S candidates that took part in any of them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from policies.roster import FloatArray, IntArray, Roster
from policies.view import Observation, View

SHARED_NOISE = 0.5
"""Correlation of the noise of two gains of a round: both are differences from the same control."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Branches:
    """Mixtures that were trained, and their gains."""

    tested: IntArray
    """(S,) places in the roster."""
    shares: FloatArray
    """(T, S)"""
    gains: FloatArray
    """(T,) nats."""
    ses: FloatArray
    """(T,) nats."""
    rounds: IntArray
    """(T,) number of the round."""
    ages: FloatArray
    """(T,) closed rounds since; 0 for the newest."""
    lost: FloatArray
    """(T,) sum of squared shares of tasks that are no longer candidates."""

    def counts(self, size: int) -> IntArray:
        """(size,) finished branches that each candidate of the roster took part in."""
        counts = np.zeros(size, dtype=np.intp)
        counts[self.tested] = (self.shares > 0).sum(axis=0)
        return counts


def noise_correlation(rounds: IntArray) -> FloatArray:
    """(T, T) of the measuring noise of gains from rounds of these numbers (T,)."""
    same_round = rounds[:, None] == rounds[None, :]
    return np.asarray(SHARED_NOISE * same_round + (1 - SHARED_NOISE) * np.eye(len(rounds)))


def counted(branches: int) -> str:
    """In words: "1 branch", "3 branches"."""
    return "1 branch" if branches == 1 else f"{branches} branches"


def finished_branches(view: View, who: Roster) -> Branches:
    """Collect the finished branches; failed ones and those of the target alone say nothing."""
    found = [
        (closed.number, seen)
        for closed in view.history
        for seen in closed.observations
        if seen.outcome.gain is not None and seen.proposal.mixture
    ]
    trained = {name for _, seen in found for name in seen.proposal.mixture}
    tested = sorted(at for name in trained if (at := who.place(name)) is not None)
    columns = {who.names[at]: column for column, at in enumerate(tested)}
    shares = np.zeros((len(found), len(tested)))
    for row, (_, seen) in enumerate(found):
        for name, share in seen.proposal.mixture.items():
            if name in columns:
                shares[row, columns[name]] = share
    rounds = np.array([number for number, _ in found], dtype=np.intp)
    return Branches(
        tested=np.array(tested, dtype=np.intp),
        shares=shares,
        gains=np.array([seen.outcome.gain for _, seen in found], dtype=np.float64),
        ses=np.array([seen.outcome.se or 0.0 for _, seen in found], dtype=np.float64),
        rounds=rounds,
        ages=(rounds.max(initial=0) - rounds).astype(np.float64),
        lost=np.array([_lost(seen, who) for _, seen in found], dtype=np.float64),
    )


def _lost(seen: Observation, who: Roster) -> float:
    shares = sorted(seen.proposal.mixture.items())
    return float(sum(share**2 for name, share in shares if who.place(name) is None))
