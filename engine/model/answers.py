"""What the answers of each task look like to a model."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from tasks import Example, Kind, Task


class BadTaskError(ValueError):
    """An example that the model cannot read; `task` is the one to blame."""

    def __init__(self, message: str, task: str) -> None:
        super().__init__(message, task)  # both, so that it survives pickling
        self.task = task

    def __str__(self) -> str:
        return str(self.args[0])


@dataclass(frozen=True, kw_only=True, slots=True)
class Answers:
    """The possible answers of one task."""

    task: str
    kind: Kind
    labels: tuple[str, ...] = ()
    mean: float = 0.0
    """Of the training scores, for kind "score": where an untrained head starts."""
    spread: float = 1.0
    """Standard deviation of the training scores: the unit of a score's loss. Above 0."""


def answers_of(task: Task) -> Answers:
    """The answers of a task; scores are measured in the training split's standard deviations."""
    if task.kind != "score":
        return Answers(task=task.name, kind=task.kind, labels=tuple(task.labels))
    scores = np.array([example.label for example in task.train], dtype=np.float64)
    known = scores.size > 0 and bool(np.isfinite(scores).all())
    return Answers(
        task=task.name,
        kind="score",
        mean=float(scores.mean()) if known else 0.0,
        spread=(float(scores.std()) if known else 0.0) or 1.0,
    )


def check_examples(answers: Answers, examples: Iterable[Example]) -> None:
    """Check that every right answer exists.

    Raises:
        BadTaskError: Naming the task and the number of the first example whose answer doesn't.
    """
    for number, example in enumerate(examples):
        problem = _problem(answers, example)
        if problem:
            raise BadTaskError(
                f"Task {answers.task!r}, example {number} ({example.text[:60]!r}): {problem}.",
                answers.task,
            )


def _problem(answers: Answers, example: Example) -> str:
    if answers.kind == "score":
        return "" if math.isfinite(example.label) else f"its score is {example.label}"
    choices = example.options if answers.kind == "options" else answers.labels
    if not choices:
        return "it has no options"
    if example.label in range(len(choices)):
        return ""
    return f"its answer is {example.label}, but there are {len(choices)} {answers.kind}"
