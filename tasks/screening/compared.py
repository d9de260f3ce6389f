"""Overlaps between the tasks of a pool, computed once and remembered."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping
from functools import cache
from itertools import chain
from pathlib import Path

from tasks.examples import digest_of
from tasks.pool import Pool
from tasks.screening.judged import Judged, judged_on
from tasks.screening.overlap import Overlap, overlaps_of
from tasks.screening.remembered import Compared, overlaps_folder, recall, remember
from tasks.task import Task

Overlaps = Mapping[tuple[str, str], Overlap]
"""(task, target) -> what of the task's train the target is judged on."""

_WORTH_A_FILE = 1_000
"""Training examples of a pool; fewer are compared as fast as they are read."""


def compare(
    pool: Pool, against: Mapping[str, Collection[str]], *, folder: Path | None = None
) -> Overlaps:
    """Look for what targets are judged on in the train splits of tasks.

    Args:
        pool: The tasks.
        against: task -> targets that its train is compared with; itself may be one.
        folder: Where overlaps are remembered; none is the user's cache.
    """
    folder = overlaps_folder() if folder is None else folder
    is_kept = sum(len(pool[name].train) for name in against) >= _WORTH_A_FILE
    index = _indexed(pool, Counter(chain.from_iterable(against.values())))
    digests = cache(lambda target: _judged_digests(pool[target]))
    overlaps: dict[tuple[str, str], Overlap] = {}
    for name, targets in against.items():
        train = pool[name].train
        files: dict[str, Compared] = {}
        if is_kept:
            digest = digest_of(train)
            files = {t: Compared(digest, digests(t), is_own=t == name) for t in targets}
        known = {
            target: overlap
            for target, compared in files.items()
            if (overlap := recall(folder, compared))
        }
        unknown = {target: index(target) for target in targets if target not in known}
        new = overlaps_of(train, unknown, own=name) if unknown else {}
        for target in new.keys() & files.keys():
            remember(folder, files[target], new[target])
        overlaps |= {(name, target): (known | new)[target] for target in targets}
    return overlaps


def _judged_digests(target: Task) -> tuple[str, str]:
    return digest_of(target.validation), digest_of(target.test)


def _indexed(pool: Pool, uses: Mapping[str, int]) -> Callable[[str], Judged]:
    """Indexes what a target is judged on; one that is used again is kept, for it is large."""
    kept: dict[str, Judged] = {}

    def index(target: str) -> Judged:
        if target in kept:
            return kept[target]
        judged = judged_on([*pool[target].validation, *pool[target].test])
        if uses[target] > 1:
            kept[target] = judged
        return judged

    return index
