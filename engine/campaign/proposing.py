"""Asking the policy: for a round's mixtures, again on replay, and for the mixture to freeze."""

from __future__ import annotations

from collections.abc import Sequence

from engine.campaign.policy_process import PolicyFailedError, Question
from engine.campaign.readings import gather, keep, kept
from engine.campaign.run import Run
from engine.campaign.seeds import Stream, seed_for
from engine.campaign.views import Moment, view_at
from engine.ledger.records import Chosen, MixtureLine, Proposed
from engine.ledger.state import State
from engine.signals.readings import Readings, without
from policies import Proposal

FALLBACK = "control"
"""What is proposed in a policy's stead when the campaign goes on without it: the target alone."""


def propose(run: Run, state: State, number: int) -> Proposed:
    """Ask the policy for round `number`; the record is to be written before any branch trains.

    Raises:
        PolicyFailedError: The policy failed and the campaign says to stop then.
    """
    sha256 = keep(run, gather(run, state, number), number)
    moment = Moment(
        round=number,
        rounds_left=run.campaign.rounds.count - number,
        budget_left=run.campaign.budget_tokens - state.spent_tokens(),
    )
    by = "policy"
    try:
        proposals = _ask(run, state, moment, kept(run, sha256))
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
        readings=sha256,
    )


def replayed(run: Run, state: State, records: Sequence[Proposed]) -> list[tuple[Proposal, ...]]:
    """What the policy answers today to the questions of recorded rounds."""
    questions = []
    for line in records:
        moment = Moment(
            round=line.round, rounds_left=line.rounds_left, budget_left=line.budget_left
        )
        questions.append(_question(run, state, moment, kept(run, line.readings)))
    return run.ask(run.campaign.policy, questions)


def choose(run: Run, state: State) -> Chosen:
    """Freeze the complementary set: the policy's first answer when no round is left."""
    last = state.proposed[-1] if state.proposed else None
    readings = kept(run, last.readings) if last else gather(run, state, len(state.closed))
    moment = Moment(
        round=len(state.closed),
        rounds_left=0,
        budget_left=run.campaign.budget_tokens - state.spent_tokens(),
    )
    readings = without(readings, {line.task for line in state.withdrawn})
    first = Proposal(mixture={}, reason="no candidates are left")
    try:
        if readings.candidates:
            first = _ask(run, state, moment, readings)[0]
    except PolicyFailedError as error:
        if run.campaign.policy.on_error == "stop":
            raise
        first = Proposal(mixture={}, reason=f"{FALLBACK}: {error}"[:2000])
    return Chosen(mixture=dict(first.mixture), reason=first.reason, budget_left=moment.budget_left)


def _ask(run: Run, state: State, moment: Moment, readings: Readings) -> tuple[Proposal, ...]:
    return run.ask(run.campaign.policy, [_question(run, state, moment, readings)])[0]


def _question(run: Run, state: State, moment: Moment, readings: Readings) -> Question:
    # Rebuilt from the ledger in every case, so that replay asks exactly what was asked then.
    return Question(
        view=view_at(run.campaign, run.counted(state), state, moment, readings, run.past),
        seed=seed_for(run.campaign.seed, Stream.PROPOSE, moment.round),
    )
