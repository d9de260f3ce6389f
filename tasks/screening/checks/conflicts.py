"""The same text with different answers."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from tasks.screening.facts import Inspected
from tasks.screening.finding import Finding, places


def conflicts(subject: Inspected) -> Iterator[Finding]:
    """Examples of train whose text, pair and options come again with another answer."""
    facts = subject.train
    _, first, groups = np.unique(facts.wholes, return_index=True, return_inverse=True)
    answers = np.unique(np.stack([groups, facts.answers], axis=1), axis=0)
    num_answers = np.bincount(answers[:, 0], minlength=1)
    rows = np.flatnonzero(num_answers[groups] > 1)
    if rows.size:
        # By where a text first stands: its hash is another one in every process.
        together = np.argsort(first[groups[rows]], kind="stable")
        count, num_texts = len(facts.wholes), (num_answers > 1).sum()
        yield Finding(
            check="conflicts",
            task=subject.task.name,
            message="Training examples whose text comes again with another answer: "
            f"{rows.size:,} of {count:,} ({rows.size / count:.1%}), {num_texts:,} different texts.",
            places=places("train", facts.examples, rows[together]),
            count=rows.size,
        )
