"""Recorded results of several sources together, on the scale of a table's single sources."""

from __future__ import annotations

import numpy as np

from engine.replay.pair_gains import Gains
from engine.replay.pairwise import PairwiseTable
from engine.replay.ranking import FloatArray

CENTRED = (
    "Recorded sets have no baseline of their own: their mean gain is set to what their members' "
    "mean gains say, and only their differences are as recorded."
)
"""Where it applies, a reader of the results must know it."""


def set_gains(table: PairwiseTable, gains: Gains, target: str) -> dict[frozenset[str], FloatArray]:
    """Gains of the recorded sets of a target, a number for each recorded seed.

    With a baseline among them (no source at all) a gain is relative to it. Without one the scores
    need not be comparable with the table's (another model, another way of training), so that
    they are centred; see `CENTRED`.
    """
    found = {tasks: scores for (of, tasks), scores in table.sets.items() if of == target}
    baseline = found.pop(frozenset(), None)
    if not found:
        return {}
    if baseline is not None:
        return {tasks: scores / baseline.mean() - 1 for tasks, scores in found.items()}
    level = float(np.mean([scores.mean() for scores in found.values()]))
    singles = dict(zip(table.sources, _single_gains(table, gains, target), strict=True))
    # A set of which some member was never run alone is judged by the others.
    expected = np.nanmean([np.nanmean([singles[one] for one in tasks]) for tasks in found])
    return {tasks: scores / level - 1 + expected for tasks, scores in found.items()}


def is_centred(table: PairwiseTable) -> bool:
    """Whether any target's sets lack a baseline."""
    targets = {target for target, _ in table.sets}
    return any((target, frozenset()) not in table.sets for target in targets)


def _single_gains(table: PairwiseTable, gains: Gains, target: str) -> FloatArray:
    draws = gains.gains_TNS[table.targets.index(target)]
    known = np.isfinite(draws).any(axis=1)
    means = np.full(len(table.sources), np.nan)
    means[known] = np.nanmean(draws[known], axis=1)
    return means
