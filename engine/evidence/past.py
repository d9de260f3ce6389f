"""From a store to what a policy sees of earlier campaigns."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Mapping

from engine.evidence.counterparts import Counterpart, counterparts
from engine.evidence.records import StoredBranch, StoredCampaign
from engine.evidence.store import Evidence
from engine.wording import counted
from policies import PastBranch
from tasks import Task

OTHER_MODEL = 0.3
"""Factor on likeness for branches of another model. Transfer found with one model says little of
another: rank correlations of -0.02 to 0.30 between the settings of TaskWeb (arXiv:2305.13256; our
analysis)."""


def past_branches(
    evidence: Evidence,
    present: Mapping[str, Task],
    *,
    targets: Collection[str],
    model: str,
    same_target: bool,
) -> tuple[PastBranch, ...]:
    """Every stored branch that has a counterpart among the candidates, once for each its targets.

    What stored tasks are called decides nothing, and time only which description of a task that
    several campaigns describe counts: the last.

    Args:
        evidence: What earlier campaigns found out.
        present: Every task of the campaign, by name.
        targets: Those that are no candidates.
        model: The campaign's, as `model_identity`.
        same_target: Whether branches count whose target has its counterpart among the targets.

    Returns:
        In the order of the campaigns' ids. A task whose counterpart is a target is left out of
        mixtures.
    """
    found = counterparts(evidence.tasks, present)
    ours = {stored for stored, one in found.items() if one.name in targets}
    candidates = {stored: one for stored, one in found.items() if stored not in ours}
    return tuple(
        past
        for campaign in evidence.campaigns
        for branch in campaign.branches.values()
        for past in _told(
            campaign.opened,
            branch,
            candidates,
            left_out=frozenset() if same_target else frozenset(ours),
            trust=1.0 if campaign.opened.model == model else OTHER_MODEL,
        )
    )


def past_line(past: tuple[PastBranch, ...], num_candidates: int) -> str:
    """What the past amounts to, in one line."""
    targets = {one.target.partition(" ")[0] for one in past}
    matched = {name for one in past for name in one.mixture}
    return (
        f"evidence: {len(past):,} branch{'es' * (len(past) != 1)} of"
        f" {counted(len(targets), 'earlier target')} match {len(matched):,} of"
        f" {counted(num_candidates, 'candidate')}"
    )


def _told(
    opened: StoredCampaign,
    branch: StoredBranch,
    found: Mapping[str, Counterpart],
    *,
    left_out: frozenset[str],
    trust: float,
) -> Iterator[PastBranch]:
    mixture: dict[str, float] = {}
    credit = 0.0
    for task, share in branch.mixture.items():
        if task in found:
            name = found[task].name
            mixture[name] = mixture.get(name, 0.0) + share
            credit += share * found[task].likeness
    if not mixture:
        return
    for target, gain in branch.gains.items():
        if target not in left_out:
            yield PastBranch(
                target=_comparable(opened, target),
                mixture=mixture,
                gain=gain.gain,
                se=gain.se,
                scores=_mean_scores(branch, target),
                likeness=trust * credit / sum(mixture.values()),
            )


def _comparable(opened: StoredCampaign, target: str) -> str:
    """Equal where gains have the same unit and scale: by target, model and length of training."""
    return (
        f"{target} on {opened.model} at {opened.max_length} tokens, {opened.steps} steps of"
        f" {opened.target_batch} + {opened.candidate_batch} at {opened.learning_rate:g}"
    )


def _mean_scores(branch: StoredBranch, target: str) -> dict[str, float]:
    """Of each signal the mean over all tasks that have a score, matched or not, by share."""
    means: dict[str, float] = {}
    for signal, by_target in sorted(branch.scores.items()):
        known = by_target.get(target, {})
        weight = math.fsum(branch.mixture[task] for task in known)
        if weight > 0:
            total = math.fsum(branch.mixture[task] * score for task, score in known.items())
            means[signal] = total / weight
    return means
