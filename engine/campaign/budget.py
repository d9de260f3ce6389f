"""What things will cost, and whether a round can still be paid. Tokens, padding not counted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from engine.campaign.roster import Roster
from engine.campaign.spec import Campaign
from engine.signals.sources import times_read
from engine.training.jobs import MeasureJob, WarmUpJob, checkpoints_of

SHORTEST_EXAMPLE = 4
"""Tokens: start, prefix, one of text, end. What an example costs at the very least."""


def step_tokens(campaign: Campaign, roster: Roster, mixture: Mapping[str, float]) -> float:
    """Expected training tokens of one branch step."""
    plan = campaign.rounds
    return (
        plan.target_batch * roster.tokens_per_target
        + plan.candidate_batch * roster.tokens_per_candidate(mixture)
    )


def warm_up_ceiling(job: WarmUpJob, *, tasks: int, max_length: int) -> int:
    """The most that the warm-up can cost: every sequence full, read once and once more masked.

    Data maps read their examples of each of the pool's `tasks` at every look.
    """
    looked_at = len(checkpoints_of(job.steps)) * job.mapped * tasks
    return (2 * job.steps * job.batch + looked_at) * max_length


def measuring_tokens(roster: Roster, job: MeasureJob) -> int:
    """Expected cost of a measuring job; a probe of a small task may be smaller than expected."""
    own, of_targets = times_read(job.signals, candidates=len(job.tasks))
    candidates = sum(roster.tokens[task] for task in job.tasks)
    targets = sum(roster.tokens[target.name] for target in roster.targets)
    return int(job.probe * (own * candidates + of_targets * targets))


def round_tokens(campaign: Campaign, roster: Roster, *, measure: Sequence[MeasureJob]) -> int:
    """Expected cost of a round: signals, control, proposals, placebo."""
    everything = roster.proportional(cap=campaign.warm_up.cap)
    branch = step_tokens(campaign, roster, everything)
    control = step_tokens(campaign, roster, {})
    branches = campaign.rounds.proposals + campaign.rounds.placebo
    training = campaign.rounds.steps * (control + branches * branch)
    return int(training) + sum(measuring_tokens(roster, job) for job in measure)


def finish_tokens(campaign: Campaign, roster: Roster) -> int:
    """Expected cost of training the chosen mixture to the end."""
    everything = roster.proportional(cap=campaign.warm_up.cap)
    return int(campaign.finish.steps * step_tokens(campaign, roster, everything))


def can_pay_round(
    campaign: Campaign, roster: Roster, *, spent: int, measure: Sequence[MeasureJob]
) -> bool:
    """Whether another round leaves enough for the finish."""
    needed = round_tokens(campaign, roster, measure=measure) + finish_tokens(campaign, roster)
    return spent + needed <= campaign.budget_tokens


def least_round_tokens(campaign: Campaign) -> int:
    """What warm-up and one round cost at the very least; known before any text is read."""
    plan = campaign.rounds
    control = plan.steps * plan.target_batch
    branches = plan.proposals * plan.steps * (plan.target_batch + plan.candidate_batch)
    warm_up = campaign.warm_up.steps * campaign.warm_up.batch
    return SHORTEST_EXAMPLE * (warm_up + control + branches)
