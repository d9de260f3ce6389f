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
    """signal -> target -> score; a missing one is no evidence, and reads as 0. Always finite.

    Of most signals more is more promising; `policies/signals.py` tells what each one is.
    """
    score_ses: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    """signal -> target -> standard error of the score, where one is known."""


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
class PastBranch:
    """A branch of an earlier campaign, on another target, in terms of this campaign's candidates.

    What it says about the present target is for a policy to judge: how good its tasks were
    elsewhere, and how far signals could be trusted there.
    """

    target: str
    """Whom that campaign was for; equal for branches whose gains can be compared."""
    mixture: Mapping[str, float]
    """candidate -> share, for those of its tasks that have a counterpart among the candidates;
    the shares need not sum to 1."""
    gain: float
    """In the unit of that campaign, which may not be this one's."""
    se: float
    """Standard error of `gain`; 0 where unknown."""
    scores: Mapping[str, float] = field(default_factory=dict)
    """signal -> score of the mixture with that target, averaged by share."""
    likeness: float = 1.0
    """How near its tasks are to their counterparts, above 0; 1 for the very same tasks."""


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
    draws: int | None = None
    """Candidate examples that the frozen mixture will be asked for; None where not known."""
    exactly: int | None = None
    """Tasks that every mixture must hold, at equal shares; None leaves size and shares free.

    A policy need not look: a larger mixture is cut to its largest shares and a smaller one filled
    up at random. One that does look chooses better.
    """
    kept: int | None = None
    """What `exactly` will be when the mixture is frozen; None where the same, or not known."""
    past: tuple[PastBranch, ...] = ()
    """What earlier campaigns found out, where the campaign was told to use it."""
    sketches: NDArray[np.float32] | None = None
    """(N, k) directions of the candidates' gradients, made small, in the order of `candidates`:
    rows of length 1, whose inner products are the similarities; a row of zeros is no evidence."""
