"""The jobs of each stage, from the campaign and what is known so far. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from engine.campaign.budget import step_tokens
from engine.campaign.roster import Roster
from engine.campaign.seeds import Stream, seed_for
from engine.campaign.spec import Campaign
from engine.ledger.records import MixtureLine
from engine.signals.sources import ALONG_TARGETS, OVER_ROUNDS, to_measure
from engine.training.jobs import BranchJob, EvaluateJob, MeasureJob, Schedule, WarmUpJob

WARM_UP = "warm-up"
SELECTED = "finish-selected"
ALL_TASKS = "proof-all-tasks"
TARGET_ONLY = "proof-target-only"

MEASURED_TOGETHER = 10
"""Tasks of the pool in one measuring job, those among them that are not measured included. A number
of the campaign, not of the workers, so that jobs keep their names when a campaign resumes on
another number of them."""

_MAPPED = frozenset({"confidence", "variability", "correctness"})
"""Signals for which the warm-up looks at how examples are answered."""

MAPPED_EXAMPLES = 16
"""Of each task, at each checkpoint of the warm-up: enough for a mean over tasks to be ranked by."""


def warm_up_job(
    campaign: Campaign, roster: Roster, *, attempt: int, signals: frozenset[str] = frozenset()
) -> WarmUpJob:
    """Stage 3: all tasks, examples-proportional with the cap; data maps where they are needed."""
    plan = campaign.warm_up
    return WarmUpJob(
        key=WARM_UP,
        attempt=attempt,
        mixture=roster.proportional(cap=plan.cap, with_targets=True),
        steps=plan.steps,
        batch=plan.batch,
        learning_rate=plan.learning_rate,
        prefix_learning_rate=plan.prefix_learning_rate,
        masking=plan.masking,
        masked_weight=plan.masked_weight,
        mapped=MAPPED_EXAMPLES if signals & _MAPPED else 0,
        moments=campaign.rounds.geometry == "adam" and bool(signals & {"alignment", "descent"}),
        seed=seed_for(campaign.seed, Stream.WARM_UP),
        deadline_s=campaign.deadline_s,
    )


def measure_jobs(
    campaign: Campaign,
    roster: Roster,
    *,
    round_number: int,
    start: str,
    signals: frozenset[str],
    begun: frozenset[str] = frozenset(),
    moments: str = "",
) -> list[MeasureJob]:
    """One job for every ten tasks of the pool; none when no signal has to be measured.

    Where losses of several rounds are compared, all rounds read the same examples.

    Args:
        campaign: Its probe, seed and deadline.
        roster: Its candidates are measured.
        round_number: From 0.
        start: Sha256 of the checkpoint to measure at.
        signals: Those that are needed.
        begun: Those that jobs of this round took already, if any did: all of them take the same.
        moments: Sha256 of the warm-up's second moments; "" where there are none, and then nothing
            is measured along targets in Adam's geometry.
    """
    measured = begun or to_measure(signals, first=round_number == 0)
    if campaign.rounds.geometry == "adam" and not moments:
        measured -= ALONG_TARGETS
    if not measured:
        return []
    drawn_in = 0 if signals & OVER_ROUNDS else round_number
    return [
        MeasureJob(
            key=key,
            attempt=1,
            start=start,
            tasks=tasks,
            signals=measured,
            probe=campaign.rounds.probe,
            moments=moments,
            seed=seed_for(campaign.seed, Stream.PROBE, drawn_in),
            deadline_s=campaign.deadline_s,
        )
        for key, tasks in measured_together(roster, round_number)
    ]


def measured_together(roster: Roster, round_number: int) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Keys of a round's measuring jobs, and their tasks; no withdrawal moves one to another job."""
    open_now = {candidate.name for candidate in roster.candidates}
    for start in range(0, len(roster.names), MEASURED_TOGETHER):
        together = roster.names[start : start + MEASURED_TOGETHER]
        if tasks := tuple(name for name in together if name in open_now):
            yield f"{round_key(round_number)}-measure-{start // MEASURED_TOGETHER + 1}", tasks


def round_jobs(
    campaign: Campaign, *, round_number: int, start: str, proposals: tuple[MixtureLine, ...]
) -> list[BranchJob]:
    """Control, proposals and placebo: same start, schedule and target examples at each step."""
    key = round_key(round_number)
    branches: dict[str, tuple[Mapping[str, float], frozenset[str]]] = {
        f"{key}-control": ({}, frozenset())
    }
    for number, line in enumerate(proposals):
        if line.mixture:  # the empty mixture is the control: its gain is 0, for nothing
            branches[branch_key(round_number, number)] = (line.mixture, frozenset())
    placebo = _strongest(proposals)
    if campaign.rounds.placebo and placebo:
        branches[f"{key}-placebo"] = ({placebo: 1.0}, frozenset({placebo}))
    return [
        BranchJob(
            key=name,
            attempt=1,
            start=start,
            mixture=mixture,
            shuffled=shuffled,
            schedule=_round_schedule(campaign),
            seed=seed_for(campaign.seed, Stream.BRANCH, round_number),
            deadline_s=campaign.deadline_s,
        )
        for name, (mixture, shuffled) in branches.items()
    ]


def _strongest(proposals: tuple[MixtureLine, ...]) -> str | None:
    shares = [(share, name) for line in proposals for name, share in line.mixture.items()]
    return max(shares)[1] if shares else None


def _round_schedule(campaign: Campaign) -> Schedule:
    plan = campaign.rounds
    return Schedule(
        steps=plan.steps,
        target_batch=plan.target_batch,
        candidate_batch=plan.candidate_batch,
        learning_rate=plan.learning_rate,
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class Trained:
    """What a finished branch left behind."""

    checkpoint: str
    temperatures: Mapping[str, float]
    """By target."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Finale:
    """What the finish starts from."""

    start: str
    """Checkpoint of the incumbent."""
    warm_start: str
    """Checkpoint after the warm-up."""
    mixture: Mapping[str, float]
    budget_left: int
    """Of selection's budget, training tokens."""
    spent: int
    """By selection so far."""
    warm_up_cost: int
    """Part of `spent`."""


def finish_jobs(campaign: Campaign, roster: Roster, finale: Finale) -> list[BranchJob]:
    """The chosen mixture beside its baselines; each may spend what selection spends in all.

    Target-only starts from the base model and takes its learning rate from the grid; all-tasks is
    the warm-up's own mixture trained on, so it starts where the warm-up ended, at that cost. Their
    schedules are as long as equal cost allows; early stopping on the gate split ends them sooner.
    """
    first, *_ = rates = campaign.finish.learning_rates
    needed = int(campaign.finish.steps * step_tokens(campaign, roster, finale.mixture))
    allowed = max(0, min(finale.budget_left, needed))
    selected = _to(campaign, first, allowed)
    jobs = [_finish_job(campaign, SELECTED, finale.start, finale.mixture, selected)]
    if campaign.finish.baselines:
        equal = finale.spent + allowed
        everything = roster.proportional(cap=campaign.warm_up.cap)
        left = equal - finale.warm_up_cost
        steps = max(1, int(left / step_tokens(campaign, roster, everything)))
        broad = _to(campaign, first, left, steps)
        jobs.append(_finish_job(campaign, ALL_TASKS, finale.warm_start, everything, broad))
        share = equal // len(rates)
        alone_steps = max(1, int(share / step_tokens(campaign, roster, {})))
        alone = [_to(campaign, rate, share, alone_steps) for rate in rates]
        jobs += [
            _finish_job(campaign, f"{TARGET_ONLY}-{number}", "", {}, schedule)
            for number, schedule in enumerate(alone, start=1)
        ]
    return jobs


def _finish_job(
    campaign: Campaign, key: str, start: str, mixture: Mapping[str, float], schedule: Schedule
) -> BranchJob:
    return BranchJob(
        key=key,
        attempt=1,
        start=start,
        mixture=mixture,
        schedule=schedule,
        seed=seed_for(campaign.seed, Stream.FINISH),
        deadline_s=campaign.deadline_s,
    )


def _to(campaign: Campaign, rate: float, max_tokens: int, steps: int | None = None) -> Schedule:
    plan = campaign.finish
    return Schedule(
        steps=steps or plan.steps,
        target_batch=campaign.rounds.target_batch,
        candidate_batch=campaign.rounds.candidate_batch,
        learning_rate=rate,
        evaluate_every=plan.evaluate_every,
        patience=plan.patience,
        max_tokens=max(1, max_tokens),
    )


def test_jobs(campaign: Campaign, arms: Mapping[str, Trained]) -> list[EvaluateJob]:
    """One per arm: the only reading of the test split."""
    return [
        EvaluateJob(
            key=f"proof-test-{arm}",
            attempt=1,
            start=trained.checkpoint,
            temperatures=trained.temperatures,
            deadline_s=campaign.deadline_s,
        )
        for arm, trained in arms.items()
    ]


def branch_key(round_number: int, proposal: int) -> str:
    """Job key of a round's proposal, counted from 0."""
    return f"{round_key(round_number)}-p{proposal + 1}"


def round_key(round_number: int) -> str:
    """What the job keys of a round begin with, counted from 0."""
    return f"r{round_number:02d}"
