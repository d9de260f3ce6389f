"""Views to ask a policy about: an ordinary campaign, and the ends of what can happen."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from policies.signals import SIGNALS
from policies.testing.changed_views import rescored_view, scaled_gains, with_sizes_far_apart
from policies.view import (
    Candidate,
    Observation,
    Outcome,
    PastBranch,
    Proposal,
    Round,
    Target,
    TargetGain,
    View,
)

_SIGNALS = ("affinity", "alignment")
_OTHER_SIGNALS = tuple(sorted(SIGNALS.keys() - {*_SIGNALS, "similarity"}))
_TARGET = Target(name="reviews", family="sentiment", num_examples=200, weight=1.0)
_SE = 0.005
_FAMILIES = ("sentiment", "topic", "inference")


def example_views() -> dict[str, View]:
    """Views by name, built anew at every call; each is valid by the contract."""
    first, seen = first_round(8), with_history(8)
    one, single = first_round(1), with_one_branch(8)
    singles, pairs = with_sets(8, 1), with_sets(8, 2)
    return {
        "first round": first,
        "with history": seen,
        "last round": replace(seen, rounds_left=1),
        "one proposal": replace(seen, max_proposals=1),
        "one candidate": one,
        "one candidate, frozen": replace(one, rounds_left=0),
        "no signals": rescored_view(replace(first, sketches=None), lambda score: None),
        "zero scores": rescored_view(first, lambda score: 0.0),
        "constant scores": rescored_view(first, lambda score: 0.25),
        "negative scores": rescored_view(first, lambda score: -1.0 - score),
        "huge scores": rescored_view(seen, lambda score: score * 1e30),
        "tiny scores": rescored_view(seen, lambda score: score * 1e-30),
        "equal tasks": replace(seen, sketches=np.ones((8, 1), dtype=np.float32)),
        "sizes far apart": with_sizes_far_apart(first),
        "failed branches": replace(first, history=(_failed(first), _failed(first, number=1))),
        "huge gains": scaled_gains(seen, 1e30),
        "tiny gains": scaled_gains(seen, 1e-30),
        "harm alone": scaled_gains(seen, -1.0),
        "several targets": several_targets(),
        "one finished branch": single,
        "one finished branch, frozen": replace(single, rounds_left=0),
        "no standard errors": with_history(8, se=0.0),
        "exactly two": pairs,
        "exactly two, frozen": replace(pairs, rounds_left=0),
        "exactly two of one": replace(one, exactly=2),
        "exactly one, two kept": replace(singles, kept=2),
        "exactly one, without evidence, frozen": replace(first, exactly=1, rounds_left=0),
        "earlier campaigns": with_past(first),
        "earlier campaigns and history": with_past(seen),
        "earlier campaigns, frozen": with_past(replace(seen, rounds_left=0)),
        "draws known": replace(seen, draws=4_000),
        "draws known, frozen": replace(seen, draws=4_000, rounds_left=0),
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


def with_history(size: int, *, se: float = _SE) -> View:
    """The same after two rounds: gains, losses, a failure, the target alone, a withdrawn task."""
    view = first_round(size)
    names = sorted(candidate.name for candidate in view.candidates)
    first = (
        _finished({names[0]: 0.5, names[1]: 0.5}, 0.019, se),
        _finished({names[2]: 1.0}, -0.044, se),
        _failed(view).observations[0],
    )
    second = (
        _finished({names[0]: 0.75, "withdrawn": 0.25}, 0.013, se),
        _finished({}, 0.0, se),
    )
    rounds = (Round(number=0, observations=first), Round(number=1, observations=second))
    return replace(view, history=rounds, round=2, rounds_left=2)


def with_one_branch(size: int) -> View:
    """The same after a round of which one branch finished."""
    view = first_round(size)
    names = sorted(candidate.name for candidate in view.candidates)
    finished = _finished({names[0]: 0.5, names[1]: 0.5}, 0.019)
    closed = Round(number=0, observations=(finished, *_failed(view).observations))
    return replace(view, history=(closed,), round=1, rounds_left=3)


def with_sets(size: int, exactly: int) -> View:
    """The same after a round of sets of `exactly` tasks, where mixtures have to be such sets."""
    view = first_round(size)
    names = sorted(candidate.name for candidate in view.candidates)
    sets = [names[at : at + exactly] for at in range(3)]
    observations = tuple(
        _finished(dict.fromkeys(tasks, 1 / exactly), gain)
        for tasks, gain in zip(sets, (0.019, -0.044, 0.013), strict=True)
    )
    closed = Round(number=0, observations=observations)
    return replace(view, history=(closed,), round=1, rounds_left=3, exactly=exactly)


def with_past(view: View) -> View:
    """The same, told of branches for two earlier targets, in a unit of their own."""
    names = sorted(candidate.name for candidate in view.candidates)
    mixtures = ({names[0]: 1.0}, {names[1]: 0.4, names[2]: 0.2}, {names[3]: 0.5})
    past = tuple(
        PastBranch(
            target=target,
            mixture=mixture,
            gain=gain,
            se=se,
            scores={"alignment": gain / 10},
            likeness=likeness,
        )
        for target, se, likeness in (("essays", 0.5, 1.0), ("letters", 0.0, 0.3))
        for mixture, gain in zip(mixtures, (2.0, -1.0, 0.5), strict=True)
    )
    return replace(view, past=past)


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


def _finished(mixture: dict[str, float], gain: float, se: float = _SE) -> Observation:
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
