"""Training examples that a target is judged on: contamination."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from tasks.screening.finding import MOST_PLACES, Finding, place
from tasks.screening.overlap import REASONS, Overlap
from tasks.task import Task


def judged_elsewhere(task: Task, target: Task, overlap: Overlap) -> Iterator[Finding]:
    """What of a task's train must go for the target's sake; a campaign takes it out.

    Args:
        task: The task that is trained on; may be the target.
        target: What is judged.
        overlap: What of the task's train the target is judged on.
    """
    if overlap.rows.size:
        yield Finding(
            check="contamination",
            task=task.name,
            severity="removed",
            message="Training examples in the validation or test of target "
            f"'{target.name}': {_counted(task, overlap)}.",
            places=_pairs(task, target, overlap),
            count=len(overlap.rows),
        )


def own_splits(task: Task, overlap: Overlap) -> Iterator[Finding]:
    """The same within a task that is no target: nothing is taken out, for nothing is judged."""
    if overlap.rows.size:
        yield Finding(
            check="split overlap",
            task=task.name,
            message="Training examples in its own validation or test: "
            f"{_counted(task, overlap)}. As a target it would lose them.",
            places=_pairs(task, task, overlap),
            count=len(overlap.rows),
        )


def _counted(task: Task, overlap: Overlap) -> str:
    counts = Counter(overlap.reasons.tolist())
    by_reason = ", ".join(f"{counts[code]:,} {REASONS[code]}" for code in sorted(counts))
    return f"{len(overlap.rows):,} of {len(task.train):,} ({by_reason})"


def _pairs(task: Task, target: Task, overlap: Overlap) -> tuple[str, ...]:
    """Nearly equal examples first: they are the ones to look at."""
    order = sorted(range(len(overlap.rows)), key=lambda at: (-overlap.reasons[at], at))
    return tuple(
        f"{place('train', task.train, int(overlap.rows[at]))} = "
        f"{_judged_place(target, int(overlap.judged[at]))}"
        for at in order[:MOST_PLACES]
    )


def _judged_place(target: Task, row: int) -> str:
    first_of_test = len(target.validation)
    if row < first_of_test:
        return place("validation", target.validation, row)
    return place("test", target.test, row - first_of_test)
