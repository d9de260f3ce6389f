"""Which scores those who watch are told: never more than they can show."""

from __future__ import annotations

from collections.abc import Sequence

from engine.ledger.records import MixtureLine
from engine.signals.readings import Readings, Scores, by_candidate, of

MOST_SCORED = 200
"""Candidates whose scores are told; of a larger pool only those that some proposal names."""


def told_scores(readings: Readings, proposals: Sequence[MixtureLine]) -> Scores:
    """Scores of the candidates, of all or of those tried: at most `MOST_SCORED`."""
    if len(readings.candidates) > MOST_SCORED:
        tried = {task for line in proposals for task in line.mixture}
        readings = of(readings, sorted(tried)[:MOST_SCORED])
    return by_candidate(readings.scores, readings.candidates)
