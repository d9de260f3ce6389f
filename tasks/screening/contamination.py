"""Keeps what a target is judged on out of what anything is trained on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from tasks.examples import Chosen
from tasks.pool import Pool
from tasks.screening.compared import compare
from tasks.screening.overlap import REASONS, Overlap, Reason
from tasks.task import Task

_FEWEST = 2


@dataclass(frozen=True, kw_only=True)
class Screened:
    """A pool whose train splits are free of the targets' validation and test texts."""

    pool: Pool
    removed: Mapping[str, int]
    """task -> training examples taken out; tasks that lost none are absent."""
    reasons: Mapping[str, Mapping[Reason, int]] = field(default_factory=dict)
    """The same by reason; an example that has several counts under the first of `REASONS`."""


def screen(pool: Pool, targets: Sequence[str], *, folder: Path | None = None) -> Screened:
    """Take out of every train split, the targets' own included, what a target is judged on.

    What counts as the same is said in `overlap.overlaps_of`. Validation and test stay as they are.

    Args:
        pool: The tasks.
        targets: Names of tasks of the pool.
        folder: Where results are remembered; none is the user's cache.

    Raises:
        UnknownTaskError: If a target is not in the pool.
        ValueError: Naming every task left with fewer than 2 training examples.
    """
    overlaps = compare(pool, dict.fromkeys(pool, targets), folder=folder)
    found = {name: _reasons([overlaps[name, target] for target in targets]) for name in pool}
    _refuse_the_empty(pool, found)
    lost = {name: reasons for name, reasons in found.items() if reasons}
    return Screened(
        pool=Pool(_without(task, found[name]) for name, task in pool.items()),
        removed={name: len(reasons) for name, reasons in lost.items()},
        reasons={name: _counted(reasons.values()) for name, reasons in lost.items()},
    )


def _reasons(overlaps: Iterable[Overlap]) -> dict[int, int]:
    """Row -> the first reason that any target gives to take it out."""
    reasons: dict[int, int] = {}
    for overlap in overlaps:
        for row, reason in zip(overlap.rows.tolist(), overlap.reasons.tolist(), strict=True):
            reasons[row] = min(reason, reasons.get(row, reason))
    return reasons


def _counted(reasons: Iterable[int]) -> dict[Reason, int]:
    return {REASONS[reason]: count for reason, count in sorted(Counter(reasons).items())}


def _without(task: Task, rows: Mapping[int, int]) -> Task:
    """The task itself when nothing is taken out: its fingerprint may already be known."""
    if not rows:
        return task
    kept = np.delete(np.arange(len(task.train), dtype=np.int64), list(rows))
    return replace(task, train=Chosen(task.train, kept))


def _refuse_the_empty(pool: Pool, found: Mapping[str, Mapping[int, int]]) -> None:
    short = [
        f"Task '{name}' has {len(task.train) - len(found[name])} of {len(task.train)} training "
        "examples left once the targets' validation and test texts are taken out; "
        f"it needs {_FEWEST}. Give it more, or remove it from the pool."
        for name, task in pool.items()
        if len(task.train) - len(found[name]) < _FEWEST
    ]
    if short:
        raise ValueError("\n".join(short))
