"""The loop: look at the state, take the next step, write it down; until nothing is left.

Killed at any point, it can simply be run again: every step starts from the ledger, and what was
written is never decided anew.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from engine.campaign.budget import measuring_tokens, step_tokens, warm_up_ceiling
from engine.campaign.closing import close
from engine.campaign.delivering import delivery
from engine.campaign.dispatch import CampaignAbortedError, Dispatcher
from engine.campaign.evidence import add_evidence
from engine.campaign.proposing import choose, propose, replayed
from engine.campaign.readings import kept
from engine.campaign.retention import needed_checkpoints
from engine.campaign.run import Run
from engine.campaign.steps import Choose, Close, Deliver, Done, Finish, Propose, Work, next_step
from engine.ledger.records import Closed, Completed, Failed, Finished, Proposed, Record
from engine.ledger.result_store import keep_result
from engine.ledger.state import State, fold
from engine.storage.checkpoint import sweep
from engine.tracking.events import JobEnded, Notice, RoundClosed, StageStarted
from engine.tracking.scores import told_scores
from engine.training.jobs import BranchJob, Job, MeasureJob, WarmUpJob
from policies import Proposal


class PolicyChangedError(ValueError):
    """On resume the policy answers a recorded question differently."""


def run_campaign(run: Run, records: Sequence[Record]) -> State:
    """Take a campaign from where its ledger stands to its end.

    Args:
        run: The open campaign.
        records: The ledger's lines so far.

    Returns:
        The final state, `finished` among it.

    Raises:
        CampaignAbortedError: Work failed in a way that only a person can mend.
        PolicyFailedError: The policy failed and the campaign says to stop then.
        PolicyChangedError: A recorded decision would now be another one.
    """
    state = fold(records)
    check_replay(run, state)
    add_evidence(run, state)  # of a round after which an earlier start was killed
    while not isinstance(step := next_step(run.plan(state), state), Done):
        match step:
            case Work():
                state = carry_out(run, state, step)
            case Propose():
                state = run.note(propose(run, state, step.round), state)
            case Close():
                state = _close(run, state, step.round)
            case Choose():
                state = run.note(choose(run, state), state)
            case Deliver():
                state = run.note(delivery(run, state), state)
            case Finish():
                state = run.note(Finished(reason="delivered"), state)
    return state


def check_replay(run: Run, state: State) -> None:
    """Ask the policy every recorded question again; the answers must be what was recorded.

    Not once the mixture is frozen, for then nothing is left to decide; nor for rounds whose
    decisions the user accepted as they stand.
    """
    asked = [line for line in state.proposed[state.trusted :] if line.by == "policy"]
    if not asked or state.chosen:
        return
    for line, answer in zip(asked, replayed(run, state, asked), strict=True):
        recorded = [line.mixture for line in line.proposals]
        now = [proposal.mixture for proposal in answer]
        if len(recorded) != len(now) or not all(map(_same, recorded, now)):
            raise PolicyChangedError(_changed(run, line, answer))


def _same(one: Mapping[str, float], other: Mapping[str, float]) -> bool:
    # Not bit by bit: another processor's linear algebra differs in the last digits.
    return one.keys() == other.keys() and all(
        math.isclose(share, other[name], abs_tol=1e-9) for name, share in one.items()
    )


def _changed(run: Run, line: Proposed, answer: tuple[Proposal, ...]) -> str:
    before = [dict(p.mixture) for p in line.proposals]
    now = [dict(p.mixture) for p in answer]
    return (
        f"Round {line.round} was decided {before}; policy {run.campaign.policy.name!r} now answers"
        f" {now}. Its source or its libraries changed. Recorded rounds stand either way: resume"
        " with the old version, or pass --accept-new-policy to go on with the new one."
    )


def carry_out(run: Run, state: State, work: Work) -> State:
    """Do a step's jobs, unless more was lost to failed attempts than the campaign allows."""
    ceiling = run.campaign.max_wasted_tokens
    ceiling = 2 * run.campaign.budget_tokens if ceiling is None else ceiling
    if state.wasted_tokens > ceiling:
        raise CampaignAbortedError(
            f"{state.wasted_tokens} tokens were lost to failed attempts, more than the"
            f" {ceiling} of max_wasted_tokens; find out why (ledger.jsonl), then raise it."
        )
    run.report(StageStarted(stage=work.title, jobs=len(work.jobs)))
    dispatcher = Dispatcher(
        executor=run.executor,
        note=run.note,
        keep=lambda result: keep_result(result, run.folder.arrays, weights=run.campaign.targets),
        reserve=lambda job: _reserved(run, state, job),
        told=lambda line: _tell(run, line),
    )
    return dispatcher.carry_out(work.jobs, state)


def _reserved(run: Run, state: State, job: Job) -> int:
    """The tokens that an attempt is expected to cost."""
    campaign, roster = run.campaign, run.counted(state)
    match job:
        case WarmUpJob():
            return warm_up_ceiling(job, tasks=len(roster.names), max_length=campaign.max_length)
        case BranchJob():
            tokens = int(job.schedule.steps * step_tokens(campaign, roster, job.mixture))
            return min(tokens, job.schedule.max_tokens or tokens)
        case MeasureJob():
            return measuring_tokens(roster, job)
        case _:
            return 0


def _tell(run: Run, line: Completed | Failed) -> None:
    run.report(_ended(line))
    silent = (line.facts or {}).get("silent", {}) if isinstance(line, Completed) else {}
    if silent:
        tasks, why = ", ".join(silent), next(iter(silent.values()))
        run.report(Notice(message=f"{line.job}: nothing could be measured of {tasks}. {why}"))


def _ended(line: Completed | Failed) -> JobEnded:
    if isinstance(line, Completed):
        return JobEnded(job=line.job, ok=True, seconds=line.seconds, tokens=line.tokens)
    message = f"{line.kind}: {line.message} ({line.decision})"
    return JobEnded(job=line.job, ok=False, seconds=0.0, tokens=0, message=message)


def _close(run: Run, state: State, number: int) -> State:
    closed = close(run, state, number)
    state = run.note(closed, state)
    add_evidence(run, state)
    sweep(run.folder.checkpoints, needed_checkpoints(state))
    run.report(_told(run, state, closed))
    return state


def _told(run: Run, state: State, closed: Closed) -> RoundClosed:
    proposed = state.proposed[closed.round]
    spent = state.spent_tokens()
    return RoundClosed(
        round=closed.round,
        proposals=proposed.proposals,
        gains=closed.gains,
        scores=told_scores(kept(run, proposed.readings), proposed.proposals),
        advanced=closed.advanced,
        spent_tokens=spent,
        wasted_tokens=state.wasted_tokens,
        budget_left=run.campaign.budget_tokens - spent,
    )
