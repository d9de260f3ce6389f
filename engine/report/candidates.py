"""What a campaign learned about each candidate."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from engine.ledger.records import Opened, Proposed, Record, Withdrawn
from engine.report.facts import Branch, CandidateFacts, Round


def candidate_facts(
    records: Sequence[Record], rounds: Sequence[Round], shares: Mapping[str, float]
) -> tuple[CandidateFacts, ...]:
    """Chosen ones first, by share; then by mean gain of their branches, then by score."""
    scores = _last_scores(records)
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
    return (-facts.share, -gain, -max(facts.scores.values(), default=-math.inf), facts.name)


def _pool(opened: Opened) -> set[str]:
    """Tasks of the pool that were open to selection."""
    target = opened.config.get("target", "")
    targets = {target} if isinstance(target, str) else set(target)
    return set(opened.tasks) - targets


def _last_scores(records: Sequence[Record]) -> dict[str, dict[str, float]]:
    """Candidate -> signal -> score, each from the last round that measured it."""
    last: dict[str, dict[str, float]] = {}
    for record in records:
        if isinstance(record, Proposed):
            for name, by_signal in record.scores.items():
                means = {signal: _mean(by_target) for signal, by_target in by_signal.items()}
                last.setdefault(name, {}).update(means)
    return last


def _mean(by_target: Mapping[str, float]) -> float:
    return math.fsum(by_target.values()) / max(1, len(by_target))


def _having(name: str, branches: Sequence[Branch]) -> list[Branch]:
    return [branch for branch in branches if branch.finished and branch.mixture.get(name, 0) > 0]


def _mean_gain(name: str, branches: Sequence[Branch]) -> float | None:
    weights = [branch.mixture[name] for branch in branches]
    if not weights:
        return None
    gains = (branch.mixture[name] * (branch.gain or 0.0) for branch in branches)
    return math.fsum(gains) / math.fsum(weights)
