"""Measuring for a job: each signal that it asks for, from where that comes, and what it costs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.model.interface import TaskModel
from engine.signals.centroid import mean_embeddings
from engine.signals.direction import Direction
from engine.signals.probe import measure
from engine.signals.readings import Columns
from engine.signals.sources import AT_CHECKPOINT, BEFORE_TRAINING, IN_THE_PASS, times_read
from engine.signals.table import FUNCTIONS, Probes
from engine.training.jobs import Cost, MeasureJob, MeasureResult


@dataclass(frozen=True, slots=True)
class BeforeTraining:
    """What the base model tells of the candidates and the targets."""

    scores: Columns
    embeddings_nd: NDArray[np.float32]
    targets_Sd: NDArray[np.float32]
    """Mean embeddings, as `mean_embeddings`; widths 0 unless asked for."""


def before_training(
    model: TaskModel, probes: Probes, targets: Probes, signals: frozenset[str]
) -> BeforeTraining:
    """Take what is wanted of `sources.BEFORE_TRAINING`; `model` is as it was before training."""
    wanted = "centroid" in signals
    return BeforeTraining(
        scores=_called(model, probes, targets, signals & BEFORE_TRAINING),
        embeddings_nd=mean_embeddings(model, probes) if wanted else _no_rows(len(probes)),
        targets_Sd=mean_embeddings(model, targets) if wanted else _no_rows(len(targets)),
    )


def measured(
    model: TaskModel,
    probes: Probes,
    targets: Probes,
    job: MeasureJob,
    *,
    directions: Mapping[str, Direction],
    before: BeforeTraining | None = None,
) -> MeasureResult:
    """Do a measuring job.

    Args:
        model: At the checkpoint that the job starts from.
        probes: Of the job's tasks.
        targets: Of all targets.
        job: Its signals and seed.
        directions: As for `measure`.
        before: What was taken with the base model, where that was asked for.
    """
    passed = measure(model, probes, directions, signals=job.signals & IN_THE_PASS, seed=job.seed)
    if before is None:
        before = BeforeTraining({}, _no_rows(len(probes)), _no_rows(0))
    called = _called(model, probes, targets, job.signals & AT_CHECKPOINT)
    return MeasureResult(
        key=job.key,
        attempt=job.attempt,
        tasks=job.tasks,
        scores={**passed.scores, **called, **before.scores},
        ses=passed.ses,
        losses=passed.losses_n,
        loss_ses=passed.loss_ses_n,
        square=passed.square_n,
        noise=passed.noise_n,
        sketches=passed.sketches,
        embeddings=before.embeddings_nd,
        target_embeddings=dict(zip(targets, before.targets_Sd, strict=False)),
        silent=passed.silent,
        cost=_cost(model, probes, targets, job.signals),
    )


def _called(model: TaskModel, probes: Probes, targets: Probes, signals: frozenset[str]) -> Columns:
    return {
        signal: function(model, probes, targets)
        for signal, function in FUNCTIONS.items()
        if signal in signals
    }


def _cost(model: TaskModel, probes: Probes, targets: Probes, signals: frozenset[str]) -> Cost:
    """Every reading of an example, the ones without a way back as dear as the others."""
    own, of_targets = times_read(signals, candidates=len(probes))
    tokens = own * _tokens(model, probes) + of_targets * _tokens(model, targets)
    examples = own * _examples(probes) + of_targets * _examples(targets)
    return Cost(tokens=tokens, examples=examples, seconds=0.0)


def _tokens(model: TaskModel, probes: Probes) -> int:
    return sum(model.trained_tokens(example) for probe in probes.values() for example in probe)


def _examples(probes: Probes) -> int:
    return sum(map(len, probes.values()))


def _no_rows(count: int) -> NDArray[np.float32]:
    return np.zeros((count, 0), dtype=np.float32)
