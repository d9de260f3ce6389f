"""Closing a round: every branch's gain over the control, and where the next round starts."""

from __future__ import annotations

from collections.abc import Mapping

from engine.campaign import schedule
from engine.campaign.run import Run
from engine.gains.advance import advance
from engine.gains.gain import compare
from engine.ledger.records import Closed, Completed, GainLine
from engine.ledger.result_store import read_evaluations
from engine.ledger.state import State
from engine.training.jobs import Evaluation


def close(run: Run, state: State, number: int) -> Closed:
    """The round's record: gains in the order of the proposals, a placebo's last."""
    key = schedule.round_key(number)
    control = state.job(f"{key}-control").completed
    assert control, "a round closes only after its control completed"
    beside = read_evaluations(control, run.folder.arrays)
    proposals = state.proposed[number].proposals
    branches = [(schedule.branch_key(number, n), line.mixture) for n, line in enumerate(proposals)]
    gains = [_gain(run, state, beside, branch, mixture) for branch, mixture in branches]
    placebo = f"{key}-placebo"
    if state.job(placebo).ended:
        gains.append(_gain(run, state, beside, placebo, {"placebo": 1.0}))
    decision = advance(gains, confidence=run.campaign.rounds.confidence, placebos=[placebo])
    winner = state.job(decision.branch).completed if decision.branch else control
    assert winner, "only a completed branch has a gain above 0"
    next_start = _better_on_gate(run, state, winner)
    return Closed(
        round=number,
        gains=tuple(gains),
        control_cost=control.tokens,
        advanced=next_start.job,
        checkpoint=next_start.checkpoint,
    )


def _better_on_gate(run: Run, state: State, winner: Completed) -> Completed:
    """The round's winner, or the start it came from where that was better on the gate split.

    More training is no progress by itself: a small target is soon overfitted, by every branch.
    """
    start = state.job(state.closed[-1].advanced).completed if state.closed else None
    if start is None:  # the warm-up, which was judged on nothing
        return winner
    before = read_evaluations(start, run.folder.arrays)
    now = read_evaluations(winner, run.folder.arrays)
    gained = compare(before, now, run.campaign.targets).gate_gain
    return winner if gained > 0 else start


def _gain(
    run: Run,
    state: State,
    control: Mapping[str, Evaluation],
    branch: str,
    mixture: Mapping[str, float],
) -> GainLine:
    if not mixture:
        return compare(control, control, run.campaign.targets).line(branch=branch, cost=0)
    story = state.job(branch)
    if story.completed is None:
        return _no_gain(branch, 0, story.failed[-1].message)
    evaluations = read_evaluations(story.completed, run.folder.arrays)
    try:
        comparison = compare(control, evaluations, run.campaign.targets)
    except ValueError as error:  # not finite: no evidence, and never a number
        return _no_gain(branch, story.completed.tokens, str(error))
    return comparison.line(branch=branch, cost=story.completed.tokens)


def _no_gain(branch: str, cost: int, reason: str) -> GainLine:
    return GainLine(
        branch=branch,
        status="failed",
        cost=cost,
        gain=None,
        se=None,
        gate_gain=None,
        gate_se=None,
        targets={},
        reason=reason,
    )
