"""Rows that became no example, and splits too small to say anything."""

from __future__ import annotations

from collections.abc import Iterator

from tasks.screening.facts import SPLITS, Inspected
from tasks.screening.finding import Finding

SMALL = 100
"""Examples. An accuracy of 0.8 over 100 is known to within 0.08, two standard errors."""


def left_out_rows(subject: Inspected) -> Iterator[Finding]:
    """Rows that the source has and no example could be made of."""
    for split in SPLITS:
        count = subject.task.left_out.get(split, 0)
        if count:
            yield Finding(
                check="left out",
                task=subject.task.name,
                message=f"Rows of {split} left out: {count:,}, beside "
                f"{len(subject.splits[split].examples):,} used. Which and why: 'bad_rows: stop' in "
                "the card.",
                count=count,
            )


def small_splits(subject: Inspected) -> Iterator[Finding]:
    """Splits of fewer than 100 examples."""
    for split, facts in subject.splits.items():
        size = len(facts.examples)
        if size < SMALL:
            yield Finding(
                check="small split",
                task=subject.task.name,
                message=f"Examples of {split}: only {size:,}.",
                count=size,
            )
