"""What a policy sees and what it answers: plain frozen data, no model, no text."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, kw_only=True, slots=True)
class Candidate:
    """A task open to selection in the coming round."""

    name: str
    family: str
    num_examples: int
    """Training examples, after screening; at least 1."""
    tokens_per_example: float
    """Mean length as the model reads it, padding not counted; above 0."""
    scores: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    """signal -> target -> score; higher is more promising, 0 is no evidence. Always finite."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Target:
    """A task whose loss the campaign lowers."""

    name: str
    family: str
    num_examples: int
    weight: float
    """Share of this target in the campaign's gain; the weights of all targets sum to 1."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Proposal:
    """A mixture worth training, and why."""

    mixture: Mapping[str, float]
    """candidate -> share of the candidate examples, above 0, summing to 1. Empty: target alone."""
    reason: str
    """One line that a person can read."""


@dataclass(frozen=True, kw_only=True, slots=True)
class TargetGain:
    """Gain of one branch on one target."""

    gain: float
    """Control's calibrated loss minus the branch's, nats per example of the selection split."""
    se: float
    """Standard error of `gain` from the paired differences; 0 or more."""
    metric_gain: float
    """The branch's metric minus the control's, in the metric's own unit."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Outcome:
    """What became of a proposal's branch."""

    status: Literal["finished", "failed"]
    cost: int
    """Training tokens spent, padding not counted."""
    targets: Mapping[str, TargetGain] = field(default_factory=dict)
    """By target; empty when the branch failed."""
    gain: float | None = None
    """Weighted mean over the targets; None when the branch failed, which is no evidence."""
    se: float | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Observation:
    """A proposal together with its outcome."""

    proposal: Proposal
    outcome: Outcome


@dataclass(frozen=True, kw_only=True, slots=True)
class Round:
    """A closed round: every branch started from the same checkpoint, beside the same control."""

    number: int
    observations: tuple[Observation, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class View:
    """All that a policy may know when it proposes the mixtures of round `round`."""

    candidates: tuple[Candidate, ...]
    """At least one; names distinct, in the campaign's order."""
    targets: tuple[Target, ...]
    history: tuple[Round, ...] = ()
    """Closed rounds, oldest first; failures included."""
    round: int = 0
    """Number of the round to propose for; 0 is the first."""
    rounds_left: int = 1
    """Rounds still to come, this one included. 0: searching is over, and the campaign freezes the
    first proposal as its mixture, so that it should be the best one known and not a test."""
    budget_left: int
    """Training tokens."""
    max_proposals: int = 1
    """Branches that the round can train beside the control."""
    similarity: NDArray[np.float64] | None = None
    """(N, N) cosines between the candidates' gradients, in the order of `candidates`."""
