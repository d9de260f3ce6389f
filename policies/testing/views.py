"""Views to ask a policy about: an ordinary campaign, and the ends of what can happen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from policies.signals import SIGNALS
from policies.view import (
    Candidate,
    Observation,
    Outcome,
    Proposal,
    Round,
    Target,
    TargetGain,
    View,
)

_SIGNALS = ("affinity", "alignment")
_OTHER_SIGNALS = tuple(sorted(SIGNALS.keys() - {*_SIGNALS, "similarity"}))
_TARGET = Target(name="reviews", family="sentiment", num_examples=200, weight=1.0)
_FAMILIES = ("sentiment", "topic", "inference")


def example_views() -> dict[str, View]:
    """Views by name, built anew at every call; each is valid by the contract."""
    first, seen = first_round(8), with_history(8)
    one = first_round(1)
    return {
        "first round": first,
        "with history": seen,
        "last round": replace(seen, rounds_left=1),
        "one proposal": replace(seen, max_proposals=1),
        "one candidate": one,
        "one candidate, frozen": replace(one, rounds_left=0),
        "no signals": _rescored(replace(first, sketches=None), lambda score: None),
        "zero scores": _rescored(first, lambda score: 0.0),
        "constant scores": _rescored(first, lambda score: 0.25),
        "negative scores": _rescored(first, lambda score: -1.0 - score),
        "huge scores": _rescored(seen, lambda score: score * 1e30),
        "tiny scores": _rescored(seen, lambda score: score * 1e-30),
        "equal tasks": replace(seen, sketches=np.ones((8, 1), dtype=np.float32)),
        "sizes far apart": _sized(first),
        "failed branches": replace(first, history=(_failed(first), _failed(first, number=1))),
        "huge gains": _scaled_gains(seen, 1e30),
        "tiny gains": _scaled_gains(seen, 1e-30),
        "harm alone": _scaled_gains(seen, -1.0),
        "several targets": several_targets(),
        "frozen": replace(seen, rounds_left=0),
        "frozen without evidence": replace(first, rounds_left=0),
        "frozen after failures": replace(first, history=(_failed(first),), rounds_left=0),
    }


def first_round(size: int) -> View:
    """`size` candidates of three families with scores and sketches, and no history."""
    rng, more = np.random.default_rng(size), np.random.default_rng([size, 1])
    candidates = tuple(
        Candidate(
            name=f"task-{at}",
            family=_FAMILIES[at % 3],
            num_examples=int(rng.integers(100, 20_000)),
            tokens_per_example=float(rng.uniform(5, 60)),
            scores={
                **{s: {"reviews": float(rng.uniform(-0.5, 0.9))} for s in _SIGNALS},
                **{s: {"reviews": float(more.uniform(0.0, 0.9))} for s in _OTHER_SIGNALS},
            },
            score_ses={s: {"reviews": 0.1} for s in _SIGNALS},
        )
        # Not in the order of names, so that a policy that assumes it is found out.
        for at in rng.permutation(size)
    )
    directions = rng.standard_normal((size, 16))
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    return View(
        candidates=candidates,
        targets=(_TARGET,),
        rounds_left=4,
        budget_left=10_000_000,
        max_proposals=3,
        sketches=directions.astype(np.float32),
    )


def with_history(size: int) -> View:
    """The same after two rounds: gains, losses, a failure, the target alone, a withdrawn task."""
    view = first_round(size)
    names = sorted(candidate.name for candidate in view.candidates)
    first = (
        _finished({names[0]: 0.5, names[1]: 0.5}, 0.019),
        _finished({names[2]: 1.0}, -0.044),
        _failed(view).observations[0],
    )
    second = (
        _finished({names[0]: 0.75, "withdrawn": 0.25}, 0.013),
        _finished({}, 0.0),
    )
    rounds = (Round(number=0, observations=first), Round(number=1, observations=second))
    return replace(view, history=rounds, round=2, rounds_left=2)


def several_targets() -> View:
    """Three targets of unequal weight; scores are known for two of them only."""
    view = with_history(8)
    targets = (
        replace(_TARGET, weight=0.5),
        Target(name="headlines", family="topic", num_examples=900, weight=0.3),
        Target(name="claims", family="inference", num_examples=50, weight=0.2),
    )
    candidates = tuple(
        replace(
            candidate,
            scores={
                signal: {**by_target, "headlines": -by_target["reviews"] / 2}
                for signal, by_target in candidate.scores.items()
            },
        )
        for candidate in view.candidates
    )
    return replace(view, targets=targets, candidates=candidates)


def _finished(mixture: dict[str, float], gain: float) -> Observation:
    se = 0.005
    outcome = Outcome(
        status="finished",
        cost=40_000,
        targets={"reviews": TargetGain(gain=gain, se=se, metric_gain=gain / 2)},
        gain=gain,
        se=se,
    )
    return Observation(proposal=Proposal(mixture=mixture, reason="an example"), outcome=outcome)


def _failed(view: View, *, number: int = 0) -> Round:
    proposal = Proposal(mixture={view.candidates[0].name: 1.0}, reason="an example")
    outcome = Outcome(status="failed", cost=0)
    return Round(number=number, observations=(Observation(proposal=proposal, outcome=outcome),))


def _rescored(view: View, change: Callable[[float], float | None]) -> View:
    """Every score changed; None takes all of them away."""

    def rescored(candidate: Candidate) -> Candidate:
        scores = {
            signal: {
                target: new for target, old in by_target.items() if (new := change(old)) is not None
            }
            for signal, by_target in candidate.scores.items()
        }
        return replace(candidate, scores={signal: new for signal, new in scores.items() if new})

    return replace(view, candidates=tuple(rescored(candidate) for candidate in view.candidates))


def _sized(view: View) -> View:
    sizes = (1, 1_000_000_000)
    return replace(
        view,
        candidates=tuple(
            replace(candidate, num_examples=sizes[at % 2])
            for at, candidate in enumerate(view.candidates)
        ),
    )


def _scaled_gains(view: View, factor: float) -> View:
    """Every gain and standard error times `factor`; below 0 every gain becomes a loss."""

    def scaled(seen: Observation) -> Observation:
        if seen.outcome.gain is None or seen.outcome.se is None:
            return seen
        gain = -abs(seen.outcome.gain * factor) if factor < 0 else seen.outcome.gain * factor
        se = seen.outcome.se * abs(factor)
        targets = {
            name: TargetGain(gain=gain, se=se, metric_gain=known.metric_gain)
            for name, known in seen.outcome.targets.items()
        }
        return replace(seen, outcome=replace(seen.outcome, gain=gain, se=se, targets=targets))

    rounds = tuple(
        replace(closed, observations=tuple(scaled(seen) for seen in closed.observations))
        for closed in view.history
    )
    return replace(view, history=rounds)
