"""What an ordinary view is turned into at the ends of what can happen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from policies.view import Candidate, Observation, TargetGain, View


def rescored_view(view: View, change: Callable[[float], float | None]) -> View:
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


def with_sizes_far_apart(view: View) -> View:
    """The same view, its candidates of one example and of a thousand million by turns."""
    sizes = (1, 1_000_000_000)
    return replace(
        view,
        candidates=tuple(
            replace(candidate, num_examples=sizes[at % 2])
            for at, candidate in enumerate(view.candidates)
        ),
    )


def scaled_gains(view: View, factor: float) -> View:
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
