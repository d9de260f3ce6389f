"""Scripts and characters that one would not expect."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from tasks.screening.characters import ODDITIES
from tasks.screening.facts import Inspected
from tasks.screening.finding import Finding, places


def other_scripts(subject: Inspected) -> Iterator[Finding]:
    """Rows mostly in another script than most rows of the task."""
    main = main_script_of(subject)
    for split, facts in subject.splits.items():
        rows = np.flatnonzero((facts.scripts != main) & (facts.scripts != ""))
        if rows.size:
            found = ", ".join(np.unique(facts.scripts[rows]).tolist()).title()
            yield Finding(
                check="script",
                task=subject.task.name,
                message=f"Examples of {split} mostly in {found} letters, where most are "
                f"{main.title()}: {rows.size:,} of {len(facts.examples):,}.",
                places=places(split, facts.examples, rows),
                count=rows.size,
            )


def other_script_than_target(subject: Inspected, target: Inspected) -> Iterator[Finding]:
    """A task in another script than the target: another language, or the wrong column."""
    own, wanted = main_script_of(subject), main_script_of(target)
    if own and wanted and own != wanted:
        yield Finding(
            check="script",
            task=subject.task.name,
            message=f"Most examples are in {own.title()} letters, those of target "
            f"'{target.task.name}' in {wanted.title()}.",
            count=len(subject.train.examples),
        )


def odd_characters(subject: Inspected) -> Iterator[Finding]:
    """Rows with control or replacement characters, or with bytes read in the wrong encoding."""
    for split, facts in subject.splits.items():
        for oddity in ODDITIES:
            rows = facts.odd.get(oddity, ())
            if rows:
                yield Finding(
                    check="characters",
                    task=subject.task.name,
                    message=f"Examples of {split} with {oddity}: {len(rows):,} of "
                    f"{len(facts.examples):,}.",
                    places=places(split, facts.examples, rows),
                    count=len(rows),
                )


def main_script_of(subject: Inspected) -> str:
    """The script of most rows; "" where no row has letters."""
    rows: NDArray[np.str_] = np.concatenate([one.scripts for one in subject.splits.values()])
    names, counts = np.unique(rows[rows != ""], return_counts=True)
    return str(names[counts.argmax()]) if names.size else ""
