"""A model and a target's splits in, judgements example by example out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.special import softmax

from engine.gains.calibration import calibrated_losses, fit, plain_losses
from engine.model.batch import Encoded
from engine.model.interface import TaskModel
from engine.training.failures import DivergedError
from engine.training.jobs import Evaluation, Judgement
from tasks import METRICS, Judged, Kind, Task, questions_of

# Shape suffixes: N examples, C answers.

Halves = tuple[NDArray[np.int64], NDArray[np.int64]]
"""Indices of selection and gate in a target's validation split, as `cut_validation` gives them."""


def predict(
    model: TaskModel, encoded: Sequence[Encoded], *, batch_size: int = 32
) -> NDArray[np.float64]:
    """What the model answers, dropout off.

    Returns:
        (N, C) logits or scores as `TaskModel.logits`, in the order of `encoded`; C the most answers
        of any example, missing ones -inf.

    Raises:
        DivergedError: If an answer is nan or +inf.
    """
    table_NC = outputs_of(model, encoded, batch_size=batch_size)
    bad = int(not_finite(table_NC).sum())
    if bad:
        raise DivergedError(
            f"{bad} of {len(table_NC)} examples are answered with nan or infinity: the model has "
            "diverged; a lower learning rate may help."
        )
    return table_NC


def outputs_of(
    model: TaskModel, encoded: Sequence[Encoded], *, batch_size: int = 32
) -> NDArray[np.float64]:
    """As `predict`, for those who look at the answers that are not finite themselves."""
    outputs: list[NDArray[np.float64]] = [np.empty(0)] * len(encoded)
    with evaluating(model), torch.inference_mode():
        for chunk in batches_by_length(encoded, batch_size):
            logits = model.logits(model.collate([encoded[i] for i in chunk]))
            for index, row in zip(chunk, logits.double().cpu().numpy(), strict=True):
                outputs[index] = row
    table = np.full((len(encoded), max(map(len, outputs), default=1)), -np.inf)
    for index, row in enumerate(outputs):
        table[index, : len(row)] = row
    return table


def not_finite(outputs_NC: NDArray[np.float64]) -> NDArray[np.bool_]:
    """(N,) whether an example is answered with nan or +inf; -inf is an answer that it has not."""
    bad_NC = np.isnan(outputs_NC) | np.isposinf(outputs_NC)
    return np.asarray(bad_NC.any(axis=1))


def judge_branch(
    model: TaskModel,
    task: Task,
    *,
    selection: Sequence[Encoded],
    gate: Sequence[Encoded],
    halves: Halves | None = None,
) -> Evaluation:
    """Judge a branch on one target, its temperature or residual scale fitted on the gate split.

    Args:
        model: The branch's.
        task: The target.
        selection: One half of its validation split.
        gate: The other.
        halves: Where the examples of both stand in the validation split; may be left out for
            metrics that read no groups.

    Raises:
        DivergedError: As `predict`.
    """
    outputs = predict(model, [*gate, *selection])
    gate_NC, selection_NC = outputs[: len(gate)], outputs[len(gate) :]
    temperature = fit(gate_NC, _gold(gate), kind=task.kind)
    groups = _groups(task, halves)
    return Evaluation(
        temperature=temperature,
        selection=_judgement(
            selection_NC, selection, task=task, temperature=temperature, groups=groups[0]
        ),
        gate=_judgement(gate_NC, gate, task=task, temperature=temperature, groups=groups[1]),
    )


def judge_test(
    model: TaskModel,
    task: Task,
    test: Sequence[Encoded],
    *,
    temperature: float,
    batch_size: int = 32,
) -> Judgement:
    """Judge a checkpoint on the test split, which had no part in fitting `temperature`."""
    outputs = predict(model, test, batch_size=batch_size)
    groups = questions_of(task, "test")
    return _judgement(outputs, test, task=task, temperature=temperature, groups=groups)


def predictions(outputs_NC: NDArray[np.float64], *, kind: Kind) -> NDArray[np.float64]:
    """(N,) the score, whether the text is written, or the index of the likeliest answer.

    Of equally likely answers the first.
    """
    if kind == "score":
        return outputs_NC[:, 0].copy()
    if kind == "text":
        return outputs_NC[:, 1].copy()
    return np.asarray(outputs_NC.argmax(axis=1), dtype=np.float64)


@contextmanager
def evaluating(model: TaskModel) -> Iterator[None]:
    """Turn dropout off, and back to what it was."""
    training = bool(getattr(model, "training", False))
    model.train(False)
    try:
        yield
    finally:
        model.train(training)


def batches_by_length(encoded: Sequence[Encoded], batch_size: int) -> Iterator[list[int]]:
    """Indices of examples of like length, so that little is padded; the longest come first.

    The order is a function of the lengths alone, so that the same examples always meet.
    """
    if batch_size < 1:
        raise ValueError(f"batch_size must be at least 1, got {batch_size}.")
    longest = [-max(len(row.ids) for row in example.rows) for example in encoded]
    order = np.argsort(np.asarray(longest, dtype=np.int64), kind="stable").tolist()
    for start in range(0, len(order), batch_size):
        yield order[start : start + batch_size]


def _gold(encoded: Sequence[Encoded]) -> NDArray[np.float64]:
    return np.array([example.gold for example in encoded], dtype=np.float64)


def _groups(task: Task, halves: Halves | None) -> tuple[NDArray[np.int64] | None, ...]:
    groups = questions_of(task, "validation")
    if groups is None:
        return None, None
    if halves is None:
        raise ValueError(f"Metric {task.metric!r} needs to know where the halves' examples stand.")
    return groups[halves[0]], groups[halves[1]]


def _judgement(
    outputs_NC: NDArray[np.float64],
    encoded: Sequence[Encoded],
    *,
    task: Task,
    temperature: float,
    groups: NDArray[np.int64] | None,
) -> Judgement:
    gold_N, metric = _gold(encoded), METRICS[task.metric]
    beliefs: NDArray[np.float32] | None = None
    if metric.reads_beliefs:
        # Rounded before they are judged, so that the metric follows from what is recorded.
        beliefs = softmax(outputs_NC / temperature, axis=1).astype(np.float32)
    judged = Judged(
        predictions=predictions(outputs_NC, kind=task.kind),
        references=gold_N,
        labels=task.labels,
        beliefs=beliefs,
        groups=groups,
    )
    return Judgement(
        losses=calibrated_losses(outputs_NC, gold_N, kind=task.kind, temperature=temperature),
        plain_losses=plain_losses(outputs_NC, gold_N, kind=task.kind),
        predictions=judged.predictions,
        metric=float(metric(judged)),
        beliefs=beliefs,
    )
