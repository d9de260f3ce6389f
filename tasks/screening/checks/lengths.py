"""Texts that say nothing, and texts that no model reads to the end."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from tasks.screening.facts import Inspected
from tasks.screening.finding import Finding, places

OVER_LONG = 10_000
"""Characters, about 2,500 tokens: more than encoders read; often a column that is no text."""
MUCH_TRUNCATED = 0.1
"""Share of training examples cut at the model's length from which the length is worth a thought."""


def empty_texts(subject: Inspected) -> Iterator[Finding]:
    """Examples without any letter or digit, options included."""
    for split, facts in subject.splits.items():
        rows = np.flatnonzero(facts.is_empty)
        if rows.size:
            yield Finding(
                check="empty text",
                task=subject.task.name,
                message=f"Examples of {split} without any letter or digit: {rows.size:,} of "
                f"{len(facts.examples):,}.",
                places=places(split, facts.examples, rows),
                count=rows.size,
            )


def long_texts(subject: Inspected) -> Iterator[Finding]:
    """Examples of more than 10,000 characters."""
    for split, facts in subject.splits.items():
        rows = np.flatnonzero(facts.lengths > OVER_LONG)
        if rows.size:
            yield Finding(
                check="long text",
                task=subject.task.name,
                message=f"Examples of {split} longer than {OVER_LONG:,} characters: {rows.size:,} "
                f"of {len(facts.examples):,}, the longest {facts.lengths.max():,}.",
                places=places(split, facts.examples, rows),
                count=rows.size,
            )


def truncated(
    subject: Inspected, num_tokens: NDArray[np.int64], *, max_length: int
) -> Iterator[Finding]:
    """The share of training examples that the model does not read to the end.

    Args:
        subject: The task.
        num_tokens: Shape (training examples,): tokens of each, before anything is cut.
        max_length: Tokens that the model reads.
    """
    rows = np.flatnonzero(num_tokens > max_length)
    share = rows.size / max(len(num_tokens), 1)
    if share > MUCH_TRUNCATED:
        yield Finding(
            check="truncated",
            task=subject.task.name,
            message=f"Training examples cut at {max_length} tokens: {rows.size:,} of "
            f"{len(num_tokens):,} ({share:.0%}), the longest has {num_tokens.max():,}.",
            places=places("train", subject.train.examples, rows),
            count=rows.size,
        )
