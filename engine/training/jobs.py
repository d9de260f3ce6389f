"""Work for one worker, and what it answers: plain frozen data, complete in itself.

A job names its start by content hash and its randomness by numbers, so that any worker can do it,
twice if need be, with the same effect. `attempt` tells two tries apart and never enters a seed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from engine.signals.readings import Columns

Seed = tuple[int, ...]
"""Entropy for `numpy.random.default_rng`: (campaign seed, stream, round)."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Schedule:
    """How long and how fast a branch trains."""

    steps: int
    target_batch: int
    """Target examples a step; the same ones, in the same order, for equal `BranchJob.data_seed`."""
    candidate_batch: int
    """Candidate examples that a mixture adds to each step."""
    learning_rate: float
    weight_decay: float = 0.01
    rise: float = 0.1
    """Share of `steps` over which the learning rate rises from 0; it then falls linearly to 0."""
    evaluate_every: int = 0
    """Steps between evaluations on the gate split, keeping the best state; 0: keep the last."""
    patience: int = 0
    """Evaluations without improvement after which training stops; 0: never."""
    max_tokens: int = 0
    """Training tokens after which training stops; 0: no limit."""


@dataclass(frozen=True, kw_only=True, slots=True)
class WarmUpJob:
    """Train base model, heads and one prefix vector per task on a broad mixture."""

    key: str
    attempt: int
    mixture: Mapping[str, float]
    """task -> share, targets included; sums to 1."""
    steps: int
    batch: int
    learning_rate: float
    prefix_learning_rate: float
    masking: float
    """Share of tokens hidden, the prefix among them; CompassMTL section 3: 0.25."""
    masked_weight: float
    """Weight of the masked objective beside the tasks' loss; CompassMTL: 0.1. 0 turns it off."""
    mapped: int = 0
    """Training examples of each task of the pool on which its data map is taken; 0: no maps."""
    moments: bool = False
    """Whether the optimizer's second moments are to be kept."""
    seed: Seed
    deadline_s: float


CHECKPOINTS = 4
"""Equally spaced looks at what the warm-up does to prefixes and answers, the last at its end."""


def checkpoints_of(steps: int) -> tuple[int, ...]:
    """After which steps to look: after each one where there are fewer than `CHECKPOINTS`."""
    looks = {steps * number // CHECKPOINTS for number in range(1, CHECKPOINTS + 1)}
    return tuple(sorted(looks - {0}))


@dataclass(frozen=True, kw_only=True, slots=True)
class BranchJob:
    """Train the targets plus a mixture of candidates from a checkpoint, then evaluate."""

    key: str
    """Unique in the campaign, e.g. "r002-p1"."""
    attempt: int
    start: str
    """Sha256 of the checkpoint to start from; "" for the untrained base model."""
    mixture: Mapping[str, float]
    """candidate -> share; empty trains the targets alone."""
    shuffled: frozenset[str] = frozenset()
    """Tasks of the mixture whose training labels are permuted (a placebo)."""
    schedule: Schedule
    seed: Seed
    deadline_s: float


@dataclass(frozen=True, kw_only=True, slots=True)
class MeasureJob:
    """Take the signals of some candidates at a checkpoint."""

    key: str
    attempt: int
    start: str
    tasks: tuple[str, ...]
    signals: frozenset[str]
    """As `engine.signals.sources.to_measure` tells them."""
    probe: int
    """Training examples per candidate; each target's probe has as many of its selection split."""
    moments: str = ""
    """Sha256 of the second moments with which targets' gradients are preconditioned; "": plain."""
    seed: Seed
    deadline_s: float


@dataclass(frozen=True, kw_only=True, slots=True)
class EvaluateJob:
    """Judge a checkpoint on the targets' test split. Asked once, at the end of a campaign."""

    key: str
    attempt: int
    start: str
    temperatures: Mapping[str, float]
    """target -> temperature or residual scale, as fitted on the gate split when it was trained."""
    deadline_s: float


Job = WarmUpJob | BranchJob | MeasureJob | EvaluateJob


@dataclass(frozen=True, kw_only=True, slots=True)
class Cost:
    """What a job used."""

    tokens: int
    """Training tokens (forward and backward), padding not counted; deterministic."""
    examples: int
    seconds: float
    """Busy seconds of one worker; for people, never for decisions."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Judgement:
    """One target's split, example by example, in the split's order."""

    losses: NDArray[np.float64]
    """(n,) nats after the branch's temperature (labels, options) or residual scale (score); of a
    text per token, as it is."""
    plain_losses: NDArray[np.float64]
    """(n,) nats before calibration."""
    predictions: NDArray[np.float64]
    """(n,) predicted label or option index, or score; 1 where a text is written exactly, else 0."""
    metric: float
    beliefs: NDArray[np.float32] | None = None
    """(n, C) calibrated probability of each answer; None unless the task's metric reads it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Evaluation:
    """A branch on one target; calibrated on the gate split."""

    temperature: float
    selection: Judgement
    gate: Judgement


@dataclass(frozen=True, kw_only=True, slots=True)
class CheckpointRef:
    """A file of the run folder: checkpoints/<sha256>.safetensors."""

    sha256: str
    num_bytes: int


@dataclass(frozen=True, kw_only=True, slots=True)
class WarmUpResult:
    """A warm-up, its prefix vectors and the lengths that it counted."""

    key: str
    attempt: int
    checkpoint: CheckpointRef
    prefixes: NDArray[np.float32]
    """(C, K, d) prefix vectors minus their initial values at C equally spaced checkpoints, the last
    after all steps; K in the pool's order."""
    data_maps: Mapping[str, NDArray[np.float64]]
    """"confidence", "variability" and "correctness" -> (K,); empty unless asked for."""
    tokens_per_example: NDArray[np.float64]
    """(K,) mean over a task's training examples, as the model reads them, padding not counted."""
    moments: CheckpointRef | None = None
    """File with the optimizer's second moments of the shared parameters, where asked for."""
    cost: Cost


@dataclass(frozen=True, kw_only=True, slots=True)
class BranchResult:
    """A trained branch, judged on every target."""

    key: str
    attempt: int
    checkpoint: CheckpointRef
    evaluations: Mapping[str, Evaluation]
    """By target."""
    curve: tuple[tuple[int, float], ...]
    """(step, mean calibrated gate loss over targets) wherever the schedule asked for it."""
    cost: Cost


@dataclass(frozen=True, kw_only=True, slots=True)
class MeasureResult:
    """Signals of a job's n candidates, rows in the order of `tasks`; NaN is no evidence."""

    key: str
    attempt: int
    tasks: tuple[str, ...]
    scores: Columns
    """Of what was asked for, all that concerns a target."""
    ses: Columns
    """Standard errors, as far as known."""
    losses: NDArray[np.float64]
    """(n,) mean losses of the candidates' probes."""
    loss_ses: NDArray[np.float64]
    square: NDArray[np.float64]
    """(n,) squared lengths of the candidates' gradients."""
    noise: NDArray[np.float64]
    """(n,) part of `square` that is due to chance in which examples were drawn."""
    sketches: NDArray[np.float32]
    """(n, k) sketched mean gradients, whose cosines approximate the exact ones; k is 0 unless asked
    for."""
    embeddings: NDArray[np.float32]
    """(n, d) mean embeddings of the texts by the base model; d is 0 unless asked for."""
    target_embeddings: Mapping[str, NDArray[np.float32]]
    """target -> (d,) the same; empty unless asked for."""
    silent: Mapping[str, str]
    """task -> why nothing could be measured of it."""
    cost: Cost


@dataclass(frozen=True, kw_only=True, slots=True)
class EvaluateResult:
    """A checkpoint judged on the test split."""

    key: str
    attempt: int
    test: Mapping[str, Judgement]
    """By target."""
    cost: Cost


Result = WarmUpResult | BranchResult | MeasureResult | EvaluateResult

FailureKind = Literal[
    "worker-lost",  # process or node gone; the work may be done or not
    "timed-out",
    "out-of-memory",
    "diverged",  # loss or gain not finite
    "bad-task",  # an example that the model cannot read
    "damaged-checkpoint",
    "disk",  # full, read-only, failing: no job's fault
    "error",  # anything else raised by the job
]


@dataclass(frozen=True, kw_only=True, slots=True)
class Failure:
    """A job that came to nothing; data, so that deciding what to do stays pure."""

    key: str
    attempt: int
    kind: FailureKind
    message: str
    """At most 2,000 characters."""
    task: str = field(default="")
    """The task to blame, when known."""
