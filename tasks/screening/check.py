"""All checks over a pool."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tasks.pool import Pool
from tasks.screening.checks.conflicts import conflicts
from tasks.screening.checks.duplicates import duplicates, in_validation_and_test
from tasks.screening.checks.judged_elsewhere import judged_elsewhere, own_splits
from tasks.screening.checks.labels import (
    constant_label,
    imbalance,
    impossible_labels,
    unused_labels,
)
from tasks.screening.checks.lengths import empty_texts, long_texts, truncated
from tasks.screening.checks.same_texts import same_texts
from tasks.screening.checks.sizes import left_out_rows, small_splits
from tasks.screening.checks.writing import odd_characters, other_script_than_target, other_scripts
from tasks.screening.compared import Overlaps, compare
from tasks.screening.facts import Inspected, inspect
from tasks.screening.finding import CHECKS, Finding
from tasks.task import Task

NumTokens = Callable[[Task], NDArray[np.int64]]
"""Tokens of each training example, before anything is cut; shape (training examples,)."""

_OF_ONE_TASK: tuple[Callable[[Inspected], Iterable[Finding]], ...] = (
    conflicts,
    constant_label,
    duplicates,
    empty_texts,
    imbalance,
    impossible_labels,
    in_validation_and_test,
    left_out_rows,
    long_texts,
    odd_characters,
    other_scripts,
    small_splits,
    unused_labels,
)


def check_pool(
    pool: Pool,
    targets: Sequence[str] = (),
    *,
    num_tokens: NumTokens | None = None,
    max_length: int = 0,
    folder: Path | None = None,
) -> tuple[Finding, ...]:
    """Everything that is wrong with tasks, as far as their rows show it.

    Shuffled or random labels do not show; a campaign's measured gain does.

    Args:
        pool: The tasks, before `screen`.
        targets: Tasks whose validation and test may be in no train; none leaves that check out.
        num_tokens: Lengths of a task's training examples as the model counts; none leaves the check
            for truncation out.
        max_length: Tokens that the model reads; used with `num_tokens` only.
        folder: Where overlaps are remembered; none is the user's cache.

    Returns:
        Findings in the order of `finding.CHECKS` (what is removed comes first), then of tasks.

    Raises:
        UnknownTaskError: If a target is not in the pool.
    """
    subjects = {target: inspect(pool[target]) for target in targets}
    subjects |= {name: inspect(task) for name, task in pool.items() if name not in subjects}
    overlaps = compare(pool, {n: tuple(dict.fromkeys((*targets, n))) for n in pool}, folder=folder)
    findings = [
        *_contamination(pool, targets, overlaps),
        *same_texts([subjects[name] for name in sorted(pool)]),
        *(finding for one in subjects.values() for check in _OF_ONE_TASK for finding in check(one)),
    ]
    for name, subject in subjects.items():
        for target in targets:
            findings += other_script_than_target(subject, subjects[target])
        if num_tokens is not None:
            findings += truncated(subject, num_tokens(pool[name]), max_length=max_length)
    return tuple(sorted(findings, key=_place_in_report))


def _contamination(pool: Pool, targets: Sequence[str], overlaps: Overlaps) -> Iterator[Finding]:
    for (name, target), overlap in overlaps.items():
        if target in targets:
            yield from judged_elsewhere(pool[name], pool[target], overlap)
        else:
            yield from own_splits(pool[name], overlap)


def _place_in_report(finding: Finding) -> tuple[int, str]:
    return CHECKS.index(finding.check), finding.task
