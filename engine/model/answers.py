"""What the answers of each task look like to a model."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from engine.model.tokens import tokenise
from tasks import Example, Kind, Task

_DECODERS = ("Qwen/Qwen2.5-0.5B", "HuggingFaceTB/SmolLM2-135M")


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
    longest: int = 0
    """Tokens of the longest training answer, for kind "text": what its answers are given room for,
    and where a model that writes on and on is stopped."""


def answers_of(task: Task, tokenizer: Any, *, max_length: int) -> Answers:
    """The answers of a task; scores are measured in the training split's standard deviations.

    Args:
        task: Its training split is read where answers are scores or texts.
        tokenizer: Of the base model.
        max_length: Tokens a sequence, which no answer exceeds.
    """
    if task.kind == "text":
        texts = (example.answer for example in task.train)
        written = tokenise(tokenizer, texts, max_length=max_length).values()
        return Answers(task=task.name, kind="text", longest=max(map(len, written), default=0))
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


def check_kinds(
    pool: Mapping[str, Task], *, is_decoder: bool, targets: Collection[str] = ()
) -> None:
    """Check that a base model can answer every task.

    Args:
        pool: Tasks by name.
        is_decoder: Whether the model can write.
        targets: Tasks that can't be left out.

    Raises:
        ValueError: Naming the tasks whose answers are texts, where the model can't write.
    """
    written = [name for name, task in pool.items() if task.kind == "text"]
    if not written or is_decoder:
        return
    names = ", ".join(written)
    or_without = "" if set(written) & set(targets) else f", or leave them out (exclude: [{names}])"
    raise ValueError(
        f"model: an encoder cannot write, but these tasks are answered in free text (kind text): "
        f"{names}. Take a decoder, such as {' or '.join(_DECODERS)}{or_without}."
    )


def check_examples(answers: Answers, examples: Iterable[Example], *, first: int = 0) -> None:
    """Check that every right answer exists.

    Args:
        answers: Of the task.
        examples: Some of a split, one after the other.
        first: Number of the first of them in the split.

    Raises:
        BadTaskError: Naming the task and the number of the first example whose answer doesn't.
    """
    for number, example in enumerate(examples, start=first):
        problem = _problem(answers, example)
        if problem:
            raise BadTaskError(
                f"Task {answers.task!r}, example {number} ({example.text[:60]!r}): {problem}.",
                answers.task,
            )


def _problem(answers: Answers, example: Example) -> str:
    if answers.kind == "score":
        return "" if math.isfinite(example.label) else f"its score is {example.label}"
    if answers.kind == "text":
        return "" if example.answer and example.label == 1 else _unwritten(example)
    choices = example.options if answers.kind == "options" else answers.labels
    if not choices:
        return "it has no options"
    if example.label in range(len(choices)):
        return ""
    return f"its answer is {example.label}, but there are {len(choices)} {answers.kind}"


def _unwritten(example: Example) -> str:
    return f"its label is {example.label}, not 1" if example.answer else "its answer is empty"
