"""Labels that cannot be, never are, or always are."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from tasks.screening.facts import Facts, Inspected
from tasks.screening.finding import Finding, places

IMBALANCED = 0.9
"""Share of the largest class: answering it alone looks good."""
FEWEST_OF_A_CLASS = 5
_MOST_NAMES = 5


def impossible_labels(subject: Inspected) -> Iterator[Finding]:
    """Labels that are no index of a label or option, and scores that are no number."""
    for split, facts in subject.splits.items():
        rows = np.flatnonzero(~_possible(subject, facts))
        if rows.size:
            yield Finding(
                check="impossible label",
                task=subject.task.name,
                message=f"Examples of {split} whose label cannot be: {rows.size:,} of "
                f"{len(facts.labels):,}, the first {facts.labels[rows[0]]:g}.",
                places=places(split, facts.examples, rows),
                count=rows.size,
            )


def constant_label(subject: Inspected) -> Iterator[Finding]:
    """One answer to all of train: nothing can be learned."""
    facts = subject.train
    if subject.task.kind != "text" and len(facts.labels) > 1 and np.ptp(facts.labels) == 0:
        yield Finding(
            check="constant label",
            task=subject.task.name,
            message=f"All {len(facts.labels):,} training examples have the label "
            f"{_name(subject, int(facts.labels[0]))}.",
            count=len(facts.labels),
        )


def unused_labels(subject: Inspected) -> Iterator[Finding]:
    """Label names that no training example has."""
    unused = np.flatnonzero(_class_sizes(subject) == 0)
    if unused.size:
        yield Finding(
            check="unused label",
            task=subject.task.name,
            message=f"No training example has the label {_names(subject, unused)}.",
            count=unused.size,
        )


def imbalance(subject: Inspected) -> Iterator[Finding]:
    """A class of nearly all training examples, or classes of nearly none."""
    sizes = _class_sizes(subject)
    if not sizes.any():
        return
    largest = int(sizes.argmax())
    if IMBALANCED < sizes[largest] / sizes.sum() < 1:
        yield Finding(
            check="imbalance",
            task=subject.task.name,
            message=f"{sizes[largest] / sizes.sum():.0%} of training examples have the label "
            f"{_name(subject, largest)}.",
            count=int(sizes[largest]),
        )
    rare = np.flatnonzero((sizes > 0) & (sizes < FEWEST_OF_A_CLASS))
    if rare.size:
        yield Finding(
            check="rare label",
            task=subject.task.name,
            message=f"Fewer than {FEWEST_OF_A_CLASS} training examples have the label "
            f"{_names(subject, rare)}.",
            count=rare.size,
        )


def _possible(subject: Inspected, facts: Facts) -> NDArray[np.bool_]:
    labels, kind = facts.labels, subject.task.kind
    most = len(subject.task.labels) if kind == "labels" else facts.num_options
    is_index = (labels >= 0) & (labels < most) & (labels == np.floor(labels))
    possible: NDArray[np.bool_] = np.isfinite(labels) if kind in ("score", "text") else is_index
    return possible


def _class_sizes(subject: Inspected) -> NDArray[np.int64]:
    """Shape (labels,): training examples of each; of no length where there are no classes."""
    if subject.task.kind != "labels":
        return np.zeros(0, dtype=np.int64)
    labels = subject.train.labels[_possible(subject, subject.train)].astype(np.int64)
    return np.bincount(labels, minlength=len(subject.task.labels))


def _names(subject: Inspected, labels: NDArray[np.int64]) -> str:
    more = f" and {labels.size - _MOST_NAMES} more" if labels.size > _MOST_NAMES else ""
    return ", ".join(_name(subject, int(label)) for label in labels[:_MOST_NAMES]) + more


def _name(subject: Inspected, label: int) -> str:
    names = subject.task.labels
    return f"'{names[label]}'" if 0 <= label < len(names) else str(label)
