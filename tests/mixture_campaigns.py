"""Whole campaigns of a policy against a made-up law of gains, in milliseconds."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np
from small_views import finished

from policies import Policy, View

Law = Callable[[Mapping[str, float]], float]
"""Mixture to its true gain, nats."""


def played(
    policy: Policy, view: View, law: Law, rounds: int, *, noise: float = 0.0, seed: int = 0
) -> View:
    """The view after so many rounds, asked with no round left; gains carry Gaussian noise."""
    rng = np.random.default_rng([seed, 99])
    for number in range(rounds):
        asked = replace(view, round=number, rounds_left=rounds - number)
        tested = policy.propose(asked, np.random.default_rng([seed, number]))
        results = [
            (one.mixture, law(one.mixture) + noise * rng.standard_normal()) for one in tested
        ]
        closed = finished(number, *results, se=max(noise, 1e-6))
        view = replace(view, history=(*view.history, closed), round=number + 1)
    return replace(view, rounds_left=0)


def kept(policy: Policy, view: View, seed: int = 0) -> dict[str, float]:
    """The mixture that is frozen."""
    frozen = replace(view, rounds_left=0)
    return dict(policy.propose(frozen, np.random.default_rng([seed, 77]))[0].mixture)
