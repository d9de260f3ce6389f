"""Asking the policy: for a round's mixtures, again on replay, and for the mixture to freeze."""

from __future__ import annotations

from collections.abc import Sequence

from engine.campaign.evidence import (
    Evidence,
    gather,
    keep_sketches,
    load_sketches,
    without_tasks,
)
from engine.campaign.policy_process import PolicyFailedError, Question
from engine.campaign.run import Run
from engine.campaign.seeds import Stream, seed_for
from engine.campaign.views import Moment, roster_at, view_at
from engine.ledger.records import Chosen, MixtureLine, Proposed
from engine.ledger.state import State
from policies import Proposal

FALLBACK = "control"
"""What is proposed in a policy's stead when the campaign goes on without it: the target alone."""


def propose(run: Run, state: State, number: int) -> Proposed:
    """Ask the policy for round `number`; the record is to be written before any branch trains.

    Raises:
        PolicyFailedError: The policy failed and the campaign says to stop then.
    """
    evidence = gather(run, state, number)
    moment = Moment(
        round=number,
        rounds_left=run.campaign.rounds.count - number,
        budget_left=run.campaign.budget_tokens - state.spent_tokens(),
    )
    by = "policy"
    try:
        proposals = _ask(run, state, moment, evidence)
    except PolicyFailedError as error:
        if run.campaign.policy.on_error == "stop":
            raise
        by, proposals = f"{FALLBACK}: {error}"[:2000], ()
    return Proposed(
        round=number,
        proposals=tuple(MixtureLine(mixture=dict(p.mixture), reason=p.reason) for p in proposals),
        by=by,
        rounds_left=moment.rounds_left,
        budget_left=moment.budget_left,
        scores=evidence[0],
        sketches=keep_sketches(run, evidence[1], number),
    )


def replayed(run: Run, state: State, records: Sequence[Proposed]) -> list[tuple[Proposal, ...]]:
    """What the policy answers today to the questions of recorded rounds."""
    questions = []
    for line in records:
        moment = Moment(
            round=line.round, rounds_left=line.rounds_left, budget_left=line.budget_left
        )
        evidence = (line.scores, load_sketches(run, line))
        questions.append(_question(run, state, moment, evidence))
    return run.ask(run.campaign.policy, questions)


def choose(run: Run, state: State) -> Chosen:
    """Freeze the complementary set: the policy's first answer when no round is left."""
    last = state.proposed[-1] if state.proposed else None
    evidence = (
        (last.scores, load_sketches(run, last)) if last else gather(run, state, len(state.closed))
    )
    moment = Moment(
        round=len(state.closed),
        rounds_left=0,
        budget_left=run.campaign.budget_tokens - state.spent_tokens(),
    )
    evidence = without_tasks(evidence, {line.task for line in state.withdrawn})
    first = Proposal(mixture={}, reason="no candidates are left")
    try:
        if evidence[0]:
            first = _ask(run, state, moment, evidence)[0]
    except PolicyFailedError as error:
        if run.campaign.policy.on_error == "stop":
            raise
        first = Proposal(mixture={}, reason=f"{FALLBACK}: {error}"[:2000])
    return Chosen(mixture=dict(first.mixture), reason=first.reason, budget_left=moment.budget_left)


def _ask(run: Run, state: State, moment: Moment, evidence: Evidence) -> tuple[Proposal, ...]:
    return run.ask(run.campaign.policy, [_question(run, state, moment, evidence)])[0]


def _question(run: Run, state: State, moment: Moment, evidence: Evidence) -> Question:
    # Rebuilt from the ledger in every case, so that replay asks exactly what was asked then.
    roster = roster_at(run.counted(state), evidence[0])
    return Question(
        view=view_at(run.campaign, roster, state, moment, evidence),
        seed=seed_for(run.campaign.seed, Stream.PROPOSE, moment.round),
    )
