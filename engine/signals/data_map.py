"""Data maps: how surely, how steadily and how rightly examples are answered in training."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray
from scipy.special import softmax

from engine.gains.evaluation import not_finite, outputs_of, predictions
from engine.model.batch import Encoded
from engine.model.interface import TaskModel
from engine.signals.losses import losses_of
from tasks import Kind

# Shape suffixes: C checkpoints, n examples, A answers.


@dataclass(frozen=True, slots=True)
class Answered:
    """How a model answers some examples of a task."""

    belief_n: NDArray[np.float64]
    """Probability of the true answer, 0 to 1; NaN for an example whose answer is not finite."""
    right_n: NDArray[np.float64]
    """1 where the model's answer is the true one, else 0; NaN where that can't be said."""


@dataclass(frozen=True, slots=True)
class DataMap:
    """A task's place on the map; NaN is no evidence."""

    confidence: float
    """Mean belief in the true answers, 0 to 1."""
    variability: float
    """Mean over the examples of the belief's standard deviation over the checkpoints, 0 to 0.5."""
    correctness: float
    """Share of checkpoints at which an example is answered right, mean over the examples."""


def answered(model: TaskModel, encoded: Sequence[Encoded], *, kind: Kind) -> Answered:
    """Belief in the true answers, dropout off: forward passes only.

    Beliefs are a softmax over the possible answers. Two kinds have none, and theirs is exp(-loss):
    of a text the mean probability of its tokens (geometric); of a score the Gaussian density
    around the prediction relative to its peak, as wide as the training scores are spread. So a
    score that is off by one standard deviation is believed with 0.61. Scores are near or far,
    never right or wrong.

    Args:
        model: Its parameters and mode are not changed.
        encoded: Examples of one task.
        kind: That task's.
    """
    if kind == "score":
        losses_n = losses_of(model, encoded)
        belief_n = np.where(np.isfinite(losses_n), np.exp(-losses_n), np.nan)
        return Answered(belief_n, np.full(len(encoded), np.nan))
    outputs_nA = outputs_of(model, encoded)
    outputs_nA[not_finite(outputs_nA)] = np.nan
    predicted_n = predictions(outputs_nA, kind=kind)
    if kind == "text":
        return Answered(np.exp(outputs_nA[:, 0]), predicted_n)
    gold_n = np.array([one.gold for one in encoded], dtype=np.float64)
    beliefs_nA = softmax(outputs_nA, axis=1)
    belief_n = np.take_along_axis(beliefs_nA, gold_n.astype(np.int64)[:, None], axis=1)[:, 0]
    return Answered(belief_n, np.where(np.isnan(belief_n), np.nan, predicted_n == gold_n))


def data_map(checkpoints: Sequence[Answered]) -> DataMap:
    """A task's map from how the same examples are answered at several checkpoints of training.

    Examples whose belief is not finite at some checkpoint are left out. Variability needs two
    checkpoints at least.

    Source: Swayamdipta et al. 2020 (dataset cartography), arXiv:2009.10795, section 2; a task's
    place as the mean of its examples' after STG-MTL, arXiv:2307.03374.
    """
    if not checkpoints:
        return DataMap(np.nan, np.nan, np.nan)
    belief_Cn = np.stack([one.belief_n for one in checkpoints])
    right_Cn = np.stack([one.right_n for one in checkpoints])
    known_n = np.isfinite(belief_Cn).all(axis=0)
    belief_Cn, right_Cn = belief_Cn[:, known_n], right_Cn[:, known_n]
    if not known_n.any():
        return DataMap(np.nan, np.nan, np.nan)
    return DataMap(
        confidence=float(belief_Cn.mean()),
        variability=float(belief_Cn.std(axis=0).mean()) if len(checkpoints) > 1 else np.nan,
        correctness=float(right_Cn.mean()),
    )


def data_map_columns(maps: Sequence[DataMap]) -> dict[str, NDArray[np.float64]]:
    """Signal -> (K,), in the order of the tasks; empty for no task."""
    if not maps:
        return {}
    return {
        one.name: np.array([getattr(of_task, one.name) for of_task in maps], dtype=np.float64)
        for one in fields(DataMap)
    }
