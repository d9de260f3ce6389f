"""What a campaign learned about each candidate."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from engine.ledger.records import Opened, Record, Withdrawn
from engine.report.facts import Branch, CandidateFacts, Round
from engine.report.scores import MeanScores

_PROMISING = ("alignment", "descent", "lookahead", "affinity", "text", "centroid")
"""Signals of which more is more promising; the first that is known ranks what was never tried."""


def candidate_facts(
    records: Sequence[Record],
    rounds: Sequence[Round],
    shares: Mapping[str, float],
    scores: MeanScores,
) -> tuple[CandidateFacts, ...]:
    """Chosen ones first, by share; then by mean gain of their branches, then by score."""
    withdrawn = {record.task: record.reason for record in records if isinstance(record, Withdrawn)}
    branches = [branch for one in rounds for branch in one.branches if not branch.placebo]
    tried = {task for branch in branches for task in branch.mixture}
    opened = next(record for record in records if isinstance(record, Opened))
    names = {*_pool(opened), *scores, *shares, *tried}
    facts = [
        CandidateFacts(
            name=name,
            share=shares.get(name, 0.0),
            scores=scores.get(name, {}),
            num_branches=len(_having(name, branches)),
            mean_gain=_mean_gain(name, _having(name, branches)),
            decoy=name in opened.decoys,
            withdrawn=withdrawn.get(name, ""),
        )
        for name in names
    ]
    return tuple(sorted(facts, key=_rank))


def _rank(facts: CandidateFacts) -> tuple[float, float, float, str]:
    gain = -math.inf if facts.mean_gain is None else facts.mean_gain
    score = next((facts.scores[one] for one in _PROMISING if one in facts.scores), -math.inf)
    return (-facts.share, -gain, -score, facts.name)


def _pool(opened: Opened) -> set[str]:
    """Tasks of the pool that were open to selection."""
    target = opened.config.get("target", "")
    targets = {target} if isinstance(target, str) else set(target)
    return set(opened.tasks) - targets


def _having(name: str, branches: Sequence[Branch]) -> list[Branch]:
    return [branch for branch in branches if branch.finished and branch.mixture.get(name, 0) > 0]


def _mean_gain(name: str, branches: Sequence[Branch]) -> float | None:
    weights = [branch.mixture[name] for branch in branches]
    if not weights:
        return None
    gains = (branch.mixture[name] * (branch.gain or 0.0) for branch in branches)
    return math.fsum(gains) / math.fsum(weights)
