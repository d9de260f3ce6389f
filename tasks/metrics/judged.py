"""What a metric reads: answers given, right answers, and what some metrics need beside them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tasks.example import Example

# Shape suffixes: n examples, C answers.


@dataclass(frozen=True, kw_only=True, slots=True)
class Judged:
    """A model's answers to some examples; equal rows of all arrays belong to one example."""

    predictions: NDArray[np.float64]
    """(n,) class or option indices, scores, or 1 where a text was written exactly; n at least 1."""
    references: NDArray[np.float64]
    """(n,) the right ones."""
    labels: tuple[str, ...] = ()
    """Label names in index order; empty where there are none."""
    beliefs: NDArray[np.floating] | None = None
    """(n, C) probability of each answer, for metrics that read beliefs."""
    groups: NDArray[np.int64] | None = None
    """(n,) number of the question that an example is a candidate for, for metrics that rank."""

    def __post_init__(self) -> None:
        shape = self.predictions.shape
        if self.predictions.ndim != 1 or shape != self.references.shape or not shape[0]:
            raise ValueError(
                "A metric needs predictions and references of one shape (n,), n >= 1, got "
                f"{shape} and {self.references.shape}."
            )
        if self.beliefs is not None and (self.beliefs.ndim, self.beliefs.shape[:1]) != (2, shape):
            raise ValueError(f"Beliefs are (n, C) for n = {shape[0]}, got {self.beliefs.shape}.")
        if self.groups is not None and self.groups.shape != shape:
            raise ValueError(f"Groups are (n,) for n = {shape[0]}, got {self.groups.shape}.")
        read = (self.predictions, self.references, self.beliefs)
        if not all(np.isfinite(one).all() for one in read if one is not None):
            raise ValueError("A metric got predictions, references or beliefs that are not finite.")

    def rows(
        self, indices: NDArray[np.int64], *, groups: NDArray[np.int64] | None = None
    ) -> Judged:
        """The examples at `indices`, in that order; one may come several times.

        `groups`, if given, say anew which of them belong together.
        """
        return Judged(
            predictions=self.predictions[indices],
            references=self.references[indices],
            labels=self.labels,
            beliefs=None if self.beliefs is None else self.beliefs[indices],
            groups=self.groups[indices] if groups is None and self.groups is not None else groups,
        )


def groups_of(examples: Iterable[Example]) -> NDArray[np.int64]:
    """(n,) equal numbers where texts are equal: candidates of one question, its text repeated."""
    number: dict[str, int] = {}
    groups = [number.setdefault(example.text, len(number)) for example in examples]
    return np.array(groups, dtype=np.int64)
