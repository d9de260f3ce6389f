"""Weights that every round multiplies anew; the mixtures of the rounds before are their memory.

Shapes: N candidates, R rounds.
"""

from __future__ import annotations

import numpy as np

from policies.picking import distinct
from policies.roster import FloatArray, Roster
from policies.shares import as_mixture, brief
from policies.view import Proposal, View

_LEAST = 1e-3
"""Part of an equal share to which weights are raised, so that a task that a round left out, being
new or cut away, can come back."""


def reweighted(
    view: View, who: Roster, logs: FloatArray, told: str, smoothing: float = 0.0
) -> tuple[Proposal, ...]:
    """The weights of the round before times exp(logs), and beside them the average of all rounds.

    When no round is left, the average of the rounds that there were is all that is proposed; if
    there were none, this round's weights.

    Args:
        view: What is known.
        who: Its candidates.
        logs: (N,) logarithms of the factors.
        told: What they come from, for the reason.
        smoothing: Part of all weight that is spread evenly after multiplying, 0 to 1.
    """
    past = weights_so_far(view, who)
    if view.rounds_left == 0 and len(past):
        return (_average(past, who),)
    even = np.full(len(logs), 1.0 / len(logs))
    raised = np.log(past[-1] if len(past) else even) + logs
    grown = _whole(np.exp(raised - raised.max()))
    now = (1 - smoothing) * grown + smoothing * even
    mixture = as_mixture(who.names, now)
    current = Proposal(mixture=mixture, reason=f"{told}: {brief(mixture)}")
    if not len(past):
        return (current,)
    return distinct([current, _average(np.vstack([past, now]), who)], view.max_proposals)


def weights_so_far(view: View, who: Roster) -> FloatArray:
    """(R, N) first mixture of each closed round, oldest first, as weights that sum to 1.

    Rounds without one of the present candidates are left out, and with `View.exactly` those that
    trained a set at equal shares, for the weights that it was cut from are gone. A failed branch
    counts: it is no evidence, but its mixture was the policy's state all the same.
    """
    places = {name: at for at, name in enumerate(who.names)}
    rows = []
    for closed in view.history:
        row = np.zeros(len(places))
        for seen in closed.observations[:1]:
            for name, share in seen.proposal.mixture.items():
                if name in places:
                    row[places[name]] = share
        if row.any() and not (view.exactly is not None and _is_set(row)):
            rows.append(_whole(np.maximum(_whole(row), _LEAST / len(row))))
    return np.array(rows).reshape(-1, len(places))


def _is_set(row: FloatArray) -> bool:
    shares = row[row > 0]
    return bool(shares.max() == shares.min())


def _average(weights: FloatArray, who: Roster) -> Proposal:
    mixture = as_mixture(who.names, weights.mean(axis=0))
    reason = f"average of the weights of {len(weights)} rounds: {brief(mixture)}"
    return Proposal(mixture=mixture, reason=reason)


def _whole(weights: FloatArray) -> FloatArray:
    return np.asarray(weights / weights.sum())
