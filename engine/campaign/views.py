"""What a policy sees in a round, rebuilt from the ledger alone."""

from __future__ import annotations

from dataclasses import dataclass, replace

from engine.campaign.roster import Roster, without
from engine.campaign.spec import Campaign
from engine.ledger.records import Closed, GainLine, Proposed
from engine.ledger.state import State
from engine.signals.readings import Readings, by_candidate
from policies import Observation, Outcome, PastBranch, Proposal, Round, TargetGain, View


@dataclass(frozen=True, kw_only=True, slots=True)
class Moment:
    """When a policy is asked."""

    round: int
    rounds_left: int
    """0 asks for the mixture to freeze."""
    budget_left: int


def view_at(
    campaign: Campaign,
    roster: Roster,
    state: State,
    moment: Moment,
    readings: Readings,
    past: tuple[PastBranch, ...] = (),
) -> View:
    """The view of `moment`; the candidates are those of `readings`."""
    open_then = roster_at(roster, readings)
    scores = by_candidate(readings.scores, readings.candidates)
    ses = by_candidate(readings.ses, readings.candidates)
    return View(
        candidates=tuple(
            replace(one, scores=scores[one.name], score_ses=ses[one.name])
            for one in open_then.candidates
        ),
        targets=roster.targets,
        history=history_of(state, before=moment.round),
        round=moment.round,
        rounds_left=moment.rounds_left,
        budget_left=moment.budget_left,
        max_proposals=campaign.rounds.proposals,
        draws=campaign.finish.steps * campaign.rounds.candidate_batch,
        past=past,
        sketches=readings.sketches,
    )


def roster_at(roster: Roster, readings: Readings) -> Roster:
    """The candidates that were open when these readings were taken, in the same order."""
    gone = {candidate.name for candidate in roster.candidates} - set(readings.candidates)
    return without(roster, frozenset(gone))


def history_of(state: State, *, before: int) -> tuple[Round, ...]:
    """Closed rounds with number below `before`, oldest first."""
    pairs = zip(state.proposed, state.closed, strict=False)
    return tuple(_round(proposed, closed) for proposed, closed in pairs if closed.round < before)


def _round(proposed: Proposed, closed: Closed) -> Round:
    return Round(
        number=closed.round,
        observations=tuple(
            Observation(
                proposal=Proposal(mixture=dict(line.mixture), reason=line.reason),
                outcome=_outcome(gain),
            )
            for line, gain in zip(proposed.proposals, closed.gains, strict=False)
        ),
    )


def _outcome(line: GainLine) -> Outcome:
    if line.status == "failed":
        return Outcome(status="failed", cost=line.cost)
    return Outcome(
        status="finished",
        cost=line.cost,
        gain=line.gain,
        se=line.se,
        targets={
            target: TargetGain(
                gain=numbers["gain"], se=numbers["se"], metric_gain=numbers["metric_gain"]
            )
            for target, numbers in line.targets.items()
        },
    )
