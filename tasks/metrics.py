"""How answers are judged: each metric takes predictions and references, higher is better."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import stats
from sklearn import metrics as sk

Metric = Callable[[NDArray[np.float64], NDArray[np.float64]], float]
"""(predictions, references) of shape (n,): class or option indices, or scores. Constant input that
leaves a metric undefined gives 0.0, never NaN."""


def accuracy(predictions: NDArray[np.float64], references: NDArray[np.float64]) -> float:
    """Share of exact answers."""
    predicted, true = _indices(predictions, references)
    return float(np.mean(predicted == true))


def macro_f1(predictions: NDArray[np.float64], references: NDArray[np.float64]) -> float:
    """F1 of each class that occurs among answers or references, averaged."""
    return _f1(predictions, references, average="macro")


def micro_f1(predictions: NDArray[np.float64], references: NDArray[np.float64]) -> float:
    """F1 over all decisions together; equals accuracy when each example has one label."""
    return _f1(predictions, references, average="micro")


def weighted_f1(predictions: NDArray[np.float64], references: NDArray[np.float64]) -> float:
    """F1 of each class, averaged by how often the class occurs."""
    return _f1(predictions, references, average="weighted")


def macro_recall(predictions: NDArray[np.float64], references: NDArray[np.float64]) -> float:
    """Recall of each class that occurs among the references, averaged."""
    predicted, true = _indices(predictions, references)
    return float(
        sk.recall_score(true, predicted, average="macro", labels=np.unique(true), zero_division=0.0)
    )


def f1(predictions: NDArray[np.float64], references: NDArray[np.float64]) -> float:
    """F1 of class 1 against all others."""
    predicted, true = _indices(predictions, references)
    return float(sk.f1_score(true == 1, predicted == 1, zero_division=0.0))


def matthews(predictions: NDArray[np.float64], references: NDArray[np.float64]) -> float:
    """Matthews correlation, in [-1, 1]; 0 is chance."""
    predicted, true = _indices(predictions, references)
    if np.ptp(predicted) == 0 or np.ptp(true) == 0:
        return 0.0
    return float(sk.matthews_corrcoef(true, predicted))


def pearson(predictions: NDArray[np.float64], references: NDArray[np.float64]) -> float:
    """Linear correlation, in [-1, 1]."""
    return _correlation(stats.pearsonr, predictions, references)


def spearman(predictions: NDArray[np.float64], references: NDArray[np.float64]) -> float:
    """Correlation of ranks, in [-1, 1]."""
    return _correlation(stats.spearmanr, predictions, references)


def pearson_spearman_mean(
    predictions: NDArray[np.float64], references: NDArray[np.float64]
) -> float:
    """Mean of the two correlations, as GLUE reports STS-B."""
    return (pearson(predictions, references) + spearman(predictions, references)) / 2


METRICS: Mapping[str, Metric] = MappingProxyType(
    {
        metric.__name__: metric
        for metric in (
            accuracy,
            f1,
            macro_f1,
            macro_recall,
            matthews,
            micro_f1,
            pearson,
            pearson_spearman_mean,
            spearman,
            weighted_f1,
        )
    }
)


def _f1(
    predictions: NDArray[np.float64], references: NDArray[np.float64], *, average: str
) -> float:
    predicted, true = _indices(predictions, references)
    return float(sk.f1_score(true, predicted, average=average, zero_division=0.0))


def _correlation(
    statistic: Callable[..., Any],
    predictions: NDArray[np.float64],
    references: NDArray[np.float64],
) -> float:
    _check(predictions, references)
    if np.ptp(predictions) == 0 or np.ptp(references) == 0:
        return 0.0
    value = float(statistic(predictions, references).statistic)
    return value if np.isfinite(value) else 0.0


def _indices(
    predictions: NDArray[np.float64], references: NDArray[np.float64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    _check(predictions, references)
    return np.rint(predictions).astype(np.int64), np.rint(references).astype(np.int64)


def _check(predictions: NDArray[np.float64], references: NDArray[np.float64]) -> None:
    if predictions.ndim != 1 or predictions.shape != references.shape or predictions.size == 0:
        raise ValueError(
            "A metric needs predictions and references of one shape (n,), n >= 1, got "
            f"{predictions.shape} and {references.shape}."
        )
    if not (np.isfinite(predictions).all() and np.isfinite(references).all()):
        raise ValueError("A metric got predictions or references that are not finite.")
