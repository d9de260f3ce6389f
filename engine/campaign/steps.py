"""What a campaign does next: a pure function of its state. `loop` carries it out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from engine.campaign import schedule
from engine.campaign.budget import can_pay_round
from engine.campaign.roster import Roster
from engine.campaign.spec import Campaign
from engine.ledger.state import State
from engine.training.jobs import Job


@dataclass(frozen=True, slots=True)
class Work:
    """Jobs that can run side by side; those that already ended are left out."""

    title: str
    jobs: tuple[Job, ...]


@dataclass(frozen=True, slots=True)
class Propose:
    """Ask the policy for the mixtures of a round."""

    round: int


@dataclass(frozen=True, slots=True)
class Close:
    """All branches of a round ended: gains, and where the next round starts."""

    round: int


@dataclass(frozen=True, slots=True)
class Choose:
    """Freeze the mixture."""


@dataclass(frozen=True, slots=True)
class Deliver:
    """Compare the arms and apply the safety rule."""


@dataclass(frozen=True, slots=True)
class Finish:
    """Nothing is left but to say so."""


@dataclass(frozen=True, slots=True)
class Done:
    """The ledger is complete."""


Step = Work | Propose | Close | Choose | Deliver | Finish | Done


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    """What `next_step` knows beside the state."""

    campaign: Campaign
    roster: Roster
    signals: frozenset[str]
    """Those that the policy needs."""
    begun: frozenset[str] = frozenset()
    """Those that measuring jobs of the present round took already, in an earlier start perhaps."""


def next_step(plan: Plan, state: State) -> Step:
    """The one thing to do now. The same state always has the same answer."""
    if state.finished:
        return Done()
    if state.delivered:
        return Finish()
    warm_up = schedule.warm_up_job(plan.campaign, plan.roster, attempt=1, signals=plan.signals)
    if not state.job(schedule.WARM_UP).ended:
        return Work("warm-up on all tasks", (warm_up,))
    if state.chosen:
        return _finishing(plan, state)
    if len(state.proposed) > len(state.closed):
        return _in_round(plan, state)
    return _between_rounds(plan, state)


def _between_rounds(plan: Plan, state: State) -> Step:
    number = len(state.closed)
    if not plan.roster.candidates or number >= plan.campaign.rounds.count:
        return Choose()
    measure = schedule.measure_jobs(
        plan.campaign,
        plan.roster,
        round_number=number,
        start=incumbent(state),
        signals=plan.signals,
        begun=plan.begun,
        moments=moments_of(state),
    )
    measuring = any(state.job(job.key).ended for job in measure)
    if not measuring and not can_pay_round(
        plan.campaign, plan.roster, spent=state.spent_tokens(), measure=measure
    ):
        return Choose()
    rounds = plan.campaign.rounds.count
    return _work(f"round {number + 1} of {rounds}: signals", measure, state) or Propose(number)


def _in_round(plan: Plan, state: State) -> Step:
    number = len(state.closed)
    jobs = schedule.round_jobs(
        plan.campaign,
        round_number=number,
        start=incumbent(state),
        proposals=state.proposed[number].proposals,
    )
    title = f"round {number + 1} of {plan.campaign.rounds.count}: control and proposals"
    return _work(title, jobs, state) or Close(number)


def _finishing(plan: Plan, state: State) -> Step:
    assert state.chosen is not None
    finish = schedule.finish_jobs(
        plan.campaign,
        plan.roster,
        schedule.Finale(
            start=incumbent(state),
            warm_start=checkpoint_of(state, schedule.WARM_UP),
            mixture=state.chosen.mixture,
            budget_left=state.chosen.budget_left,
            spent=state.spent_tokens() - tokens_of(state, schedule.SELECTED),
            warm_up_cost=tokens_of(state, schedule.WARM_UP),
        ),
    )
    work = _work("finish: the chosen mixture and its baselines", finish, state)
    if work:
        return work
    trained = {arm: _trained(state, job) for arm, job in arms_of(state).items()}
    tests = schedule.test_jobs(plan.campaign, trained)
    return _work("test: each arm once", tests, state) or Deliver()


def arms_of(state: State) -> dict[str, str]:
    """Arm -> job that trained it; target-only is the best of its grid on the gate split."""
    tried = (key for key in state.jobs if key.startswith(schedule.TARGET_ONLY))
    grid = [key for key in tried if state.job(key).completed]
    arms = {"selected": schedule.SELECTED}
    if grid:
        arms["target-only"] = min(grid, key=lambda key: (gate_loss_of(state, key), key))
    if state.job(schedule.ALL_TASKS).completed:
        arms["all-tasks"] = schedule.ALL_TASKS
    return arms


def _trained(state: State, job: str) -> schedule.Trained:
    completed = state.job(job).completed
    assert completed and completed.facts, f"{job} was not trained"
    by_target = completed.facts["targets"]
    return schedule.Trained(
        checkpoint=completed.checkpoint,
        temperatures={target: facts["temperature"] for target, facts in by_target.items()},
    )


def gate_loss_of(state: State, job: str) -> float:
    """Weighted mean over targets, nats per example; infinite for a job that did not complete."""
    completed = state.job(job).completed
    return float(completed.facts["gate_loss"]) if completed and completed.facts else float("inf")


def _work(title: str, jobs: Iterable[Job], state: State) -> Work | None:
    left = tuple(job for job in jobs if not state.job(job.key).ended)
    return Work(title, left) if left else None


def incumbent(state: State) -> str:
    """Sha256 of the checkpoint from which the next branch starts."""
    return state.closed[-1].checkpoint if state.closed else checkpoint_of(state, schedule.WARM_UP)


def checkpoint_of(state: State, job: str) -> str:
    """Sha256 of what a job trained; "" while it has not completed."""
    completed = state.job(job).completed
    return completed.checkpoint if completed else ""


def moments_of(state: State) -> str:
    """Sha256 of the second moments that the warm-up left; "" where none were asked for."""
    completed = state.job(schedule.WARM_UP).completed
    return str(completed.facts["moments"]) if completed and completed.facts else ""


def tokens_of(state: State, job: str) -> int:
    """Training tokens of a completed job; 0 while it has not."""
    completed = state.job(job).completed
    return completed.tokens if completed else 0
