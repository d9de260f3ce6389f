"""Views of a few named candidates, for tests of policies."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from policies import (
    Candidate,
    Observation,
    Outcome,
    PastBranch,
    Policy,
    Proposal,
    Round,
    Target,
    View,
)


def candidate(
    name: str,
    scores: Mapping[str, float] | None = None,
    *,
    size: int = 1000,
    tokens: float = 10.0,
    family: str = "f",
    se: float = 0.0,
) -> Candidate:
    """A candidate with scores with the target "t", all of one standard error where it is not 0."""
    scores = scores or {}
    return Candidate(
        name=name,
        family=family,
        num_examples=size,
        tokens_per_example=tokens,
        scores={signal: {"t": score} for signal, score in scores.items()},
        score_ses={signal: {"t": se} for signal in scores} if se else {},
    )


def view_of(*candidates: Candidate, max_proposals: int = 3, rounds_left: int = 1) -> View:
    """A first round for the target "t" of family "f"."""
    return View(
        candidates=candidates,
        targets=(Target(name="t", family="f", num_examples=100, weight=1.0),),
        budget_left=1_000_000,
        max_proposals=max_proposals,
        rounds_left=rounds_left,
    )


def finished(number: int, *results: tuple[Mapping[str, float], float], se: float = 0.01) -> Round:
    """A closed round of finished branches: mixture and gain of each."""
    return Round(
        number=number,
        observations=tuple(
            Observation(
                proposal=Proposal(mixture=mixture, reason="a test"),
                outcome=Outcome(status="finished", cost=1, gain=gain, se=se),
            )
            for mixture, gain in results
        ),
    )


def past(target: str, gains: Mapping[str, float], *, se: float = 0.0) -> tuple[PastBranch, ...]:
    """Branches of single tasks in an earlier campaign."""
    return tuple(
        PastBranch(target=target, mixture={name: 1.0}, gain=gain, se=se)
        for name, gain in gains.items()
    )


def mixtures(policy: Policy, view: View, seed: int = 0) -> list[dict[str, float]]:
    """What a policy proposes."""
    return [dict(one.mixture) for one in policy.propose(view, np.random.default_rng(seed))]
