"""Mixtures drawn to learn from, and what a model that is fitted to them proposes beside them."""

from __future__ import annotations

import numpy as np

from policies.mixture_models.mixture_space import MixtureSpace, distinct_rows
from policies.roster import FloatArray
from policies.shares import brief
from policies.view import Proposal, View


def first_swarm(view: View, space: MixtureSpace, rng: np.random.Generator) -> tuple[Proposal, ...]:
    """Before any branch has finished: proportional and drawn mixtures, or the target alone.

    With `View.exactly` the target alone is no answer: the largest tasks are.
    """
    if view.rounds_left == 0:
        return (_untested(space),)
    return _drawn(space, space.starts(view.max_proposals, rng))


def with_swarm(
    view: View,
    space: MixtureSpace,
    best: FloatArray,
    gain: float,
    told: str,
    rng: np.random.Generator,
) -> tuple[Proposal, ...]:
    """A model's best mixture and drawn ones; when no round is left, the best or the target alone.

    With `View.exactly` the best is kept whatever is expected of it.

    Args:
        view: What is known.
        space: The mixtures under consideration.
        best: (S,) shares that the model likes best.
        gain: What the model expects of them, nats; they are kept if it is above 0.
        told: Where they come from, for the reason.
        rng: For the drawn mixtures.
    """
    mixture = space.mixture(best)
    reason = f"{told}, predicted gain {gain:+.2g}: {brief(mixture)}"
    if view.rounds_left == 0 and gain <= 0 and view.exactly is None:
        return (Proposal(mixture={}, reason=f"the target alone, for want of gain: {reason}"),)
    if view.rounds_left == 0:
        return (Proposal(mixture=mixture, reason=reason),)
    drawn = space.draws(10 * view.max_proposals, rng)
    rows = distinct_rows(np.vstack([best, drawn]))[1 : view.max_proposals]
    return (Proposal(mixture=mixture, reason=reason), *_drawn(space, rows))


def _untested(space: MixtureSpace) -> Proposal:
    if space.exactly is None:
        return Proposal(mixture={}, reason="the target alone: no branch has finished")
    mixture = space.mixture(space.held(space.prior[None])[0])
    return Proposal(
        mixture=mixture, reason=f"the largest, no branch has finished: {brief(mixture)}"
    )


def _drawn(space: MixtureSpace, rows: FloatArray) -> tuple[Proposal, ...]:
    mixtures = [space.mixture(row) for row in rows]
    return tuple(
        Proposal(mixture=mixture, reason=f"to learn from, around proportional: {brief(mixture)}")
        for mixture in mixtures
    )
