"""The best mixture if effects were known: a concave program on the simplex.

Shapes: D draws of the effects, n candidates.
"""

from __future__ import annotations

import numpy as np

from policies.roster import FloatArray

_STEPS = 150
SMALLEST = 0.06
"""Share below which a task is left out: too little to measure or to matter."""


def best_mixtures(
    effects: FloatArray, bonus: FloatArray, overlap: FloatArray, base: FloatArray, pull: float
) -> FloatArray:
    """Maximise w'b + c (1 - w'Gw) / 2 - pull KL(w | base) over mixtures, for every draw.

    Proximal exponentiated gradient: the pull enters each step in closed form, so that no step
    size has to follow it.

    Args:
        effects: (D, n) b, of order 1; -inf leaves a task out.
        bonus: (D,) c, 0 or more.
        overlap: (n, n) G.
        base: (n,) shares of the mixture to stay near, above 0.
        pull: How strongly; 0 or more.

    Returns:
        (D, n) shares, each row summing to 1; see `without_crumbs`.

    Source: Beck and Teboulle 2003, mirror descent; GREATS, arXiv:2406.11011, for the objective.
    """
    step = 1.0 / (bonus.max() + 0.1)
    logs = np.broadcast_to(np.log(base), effects.shape)
    for _ in range(_STEPS):
        shares = _softmax(logs)
        slope = effects - bonus[:, None] * (shares @ overlap)
        logs = (np.log(np.maximum(shares, 1e-30)) + step * slope + step * pull * np.log(base)) / (
            1 + step * pull
        )
    return _softmax(logs)


def without_crumbs(shares: FloatArray, *, smallest: float = SMALLEST) -> FloatArray:
    """(D, n) without the shares below the smallest allowed, unless all are; sums restored."""
    kept = np.where(shares >= np.minimum(smallest, shares.max(axis=1, keepdims=True)), shares, 0.0)
    return np.asarray(kept / kept.sum(axis=1, keepdims=True))


def within_caps(shares: FloatArray, caps: FloatArray) -> FloatArray:
    """(D, n) with no share above its cap, what was cut going to the others in proportion.

    Where a row's tasks together cannot hold a whole mixture, their caps grow alike.
    """
    held = np.where(shares > 0, caps, 0.0)
    room = held * np.maximum(1.0, 1.0 / held.sum(axis=1, keepdims=True))
    found = shares
    # Every pass fills some task to its cap for good, so that n passes would always do.
    for _ in range(shares.shape[1]):
        full = found >= room
        rest = 1 - np.where(full, room, 0.0).sum(axis=1, keepdims=True)
        free = np.where(full, 0.0, shares)
        total = free.sum(axis=1, keepdims=True)
        grown = np.where(full, room, free * rest / np.where(total > 0, total, 1.0))
        if (grown <= room + 1e-12).all():
            return np.asarray(np.minimum(grown, room))
        found = np.maximum(grown, np.where(full, room, 0.0))
    return np.asarray(np.minimum(found, room))


def _softmax(logs: FloatArray) -> FloatArray:
    rates = np.exp(logs - logs.max(axis=1, keepdims=True))
    return np.asarray(rates / rates.sum(axis=1, keepdims=True))
