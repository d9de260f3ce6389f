"""The best mixture if effects were known: a concave program on the simplex.

Shapes: D draws of the effects, n candidates.
"""

from __future__ import annotations

import numpy as np

from policies.roster import FloatArray

_STEPS = 150
_SMALLEST = 0.06
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


def without_crumbs(shares: FloatArray) -> FloatArray:
    """(D, n) without the shares below the smallest allowed, unless all are; sums restored."""
    kept = np.where(shares >= np.minimum(_SMALLEST, shares.max(axis=1, keepdims=True)), shares, 0.0)
    return np.asarray(kept / kept.sum(axis=1, keepdims=True))


def _softmax(logs: FloatArray) -> FloatArray:
    rates = np.exp(logs - logs.max(axis=1, keepdims=True))
    return np.asarray(rates / rates.sum(axis=1, keepdims=True))
