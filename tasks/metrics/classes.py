"""Metrics of answers that are right or wrong: one of some classes, or a text that was written."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from sklearn import metrics as sk

from tasks.metrics.judged import Judged

STANCES = ("against", "favor")
"""The classes that TweetEval's stance average is over; the third one, "none", is left out of it."""


def accuracy(judged: Judged) -> float:
    """Share of right answers."""
    predicted, true = _indices(judged)
    return float(np.mean(predicted == true))


def exact_match(judged: Judged) -> float:
    """Share of answers written exactly as they should be."""
    return accuracy(judged)


def macro_f1(judged: Judged) -> float:
    """F1 of each class that occurs among answers or references, averaged."""
    return _f1(judged, average="macro")


def micro_f1(judged: Judged) -> float:
    """F1 over all decisions together; equals accuracy when each example has one label."""
    return _f1(judged, average="micro")


def weighted_f1(judged: Judged) -> float:
    """F1 of each class, averaged by how often the class occurs."""
    return _f1(judged, average="weighted")


def accuracy_macro_f1_mean(judged: Judged) -> float:
    """Mean of accuracy and macro F1, as SuperGLUE reports CommitmentBank."""
    return (accuracy(judged) + macro_f1(judged)) / 2


def macro_recall(judged: Judged) -> float:
    """Recall of each class that occurs among the references, averaged."""
    predicted, true = _indices(judged)
    return float(
        sk.recall_score(true, predicted, average="macro", labels=np.unique(true), zero_division=0.0)
    )


def f1(judged: Judged) -> float:
    """F1 of class 1 against all others."""
    return _f1(judged, average="macro", among=[1])


def f1_against_favor_mean(judged: Judged) -> float:
    """Mean of the F1 of class "against" and of class "favor", found by their names.

    Raises:
        ValueError: If the labels lack one of them.

    Source: TweetEval (arXiv:2010.12421) section 2, stance detection; SemEval-2016 task 6.
    """
    indices = [_index_of(name, judged.labels) for name in STANCES]
    return _f1(judged, average="macro", among=indices)


def matthews(judged: Judged) -> float:
    """Matthews correlation, in [-1, 1]; 0 is chance."""
    predicted, true = _indices(judged)
    if np.ptp(predicted) == 0 or np.ptp(true) == 0:
        return 0.0
    return float(sk.matthews_corrcoef(true, predicted))


def _f1(judged: Judged, *, average: str, among: Sequence[int] | None = None) -> float:
    """Over the classes `among`, or all that occur among answers or references."""
    predicted, true = _indices(judged)
    return float(sk.f1_score(true, predicted, average=average, labels=among, zero_division=0.0))


def _index_of(name: str, labels: Sequence[str]) -> int:
    if name not in labels:
        raise ValueError(f"This metric needs a label named {name!r}; the labels are {labels}.")
    return labels.index(name)


def _indices(judged: Judged) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    return (
        np.rint(judged.predictions).astype(np.int64),
        np.rint(judged.references).astype(np.int64),
    )
