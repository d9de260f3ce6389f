"""Examples that come twice in a split, or in two splits that are not trained on."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from tasks.screening.facts import Inspected
from tasks.screening.finding import Finding, places


def duplicates(subject: Inspected) -> Iterator[Finding]:
    """Rows that repeat an earlier row of their split: they weigh twice as much."""
    for split, facts in subject.splits.items():
        first = np.unique(facts.wholes, return_index=True)[1]
        again = np.setdiff1d(np.arange(len(facts.wholes)), first)
        if again.size:
            yield Finding(
                check="duplicates",
                task=subject.task.name,
                message=f"Examples of {split} that repeat an earlier one: {again.size:,} of "
                f"{len(facts.wholes):,}.",
                places=places(split, facts.examples, again),
                count=again.size,
            )


def in_validation_and_test(subject: Inspected) -> Iterator[Finding]:
    """Test examples that validation holds too: what is chosen by one is flattered by the other."""
    test = subject.splits["test"]
    both = np.flatnonzero(np.isin(test.wholes, subject.splits["validation"].wholes))
    if both.size:
        yield Finding(
            check="split overlap",
            task=subject.task.name,
            message=f"Test examples in validation: {both.size:,} of {len(test.wholes):,}.",
            places=places("test", test.examples, both),
            count=both.size,
        )
