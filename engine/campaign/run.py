"""A campaign that is open: everything its stages share, and how a record is written."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from engine.campaign.measured_readings import taken
from engine.campaign.policy_process import Question, ask_policy
from engine.campaign.roster import Roster, with_tokens, without
from engine.campaign.run_folder import RunFolder
from engine.campaign.schedule import WARM_UP, measured_together
from engine.campaign.spec import Campaign, PolicyChoice
from engine.campaign.steps import Plan
from engine.ledger.line_format import as_read_back
from engine.ledger.records import Record
from engine.ledger.result_store import read_measures, read_warm_up
from engine.ledger.state import State, after
from engine.tracking.events import Event
from engine.training.executor import Executor
from policies import PastBranch, Proposal
from tasks import Pool


@dataclass(frozen=True, kw_only=True)
class Run:
    """What the loop and its stages work with. Holds no state: that is an argument and a result."""

    campaign: Campaign
    pool: Pool
    roster: Roster
    """Every candidate, before the warm-up counted tokens and before any was withdrawn."""
    signals: frozenset[str]
    folder: RunFolder
    append: Callable[[Record], None]
    """Makes a record durable; once it returns, the record counts."""
    executor: Executor
    report: Callable[[Event], None]
    past: tuple[PastBranch, ...] = ()
    """What earlier campaigns told when this one opened."""
    ask: Callable[[PolicyChoice, Sequence[Question]], list[tuple[Proposal, ...]]] = ask_policy
    """How the policy is asked; answers are checked against their view."""

    def note(self, record: Record, state: State) -> State:
        """Write `record`; the state after it.

        The record counts as it reads back, not as it was made: whoever resumes sees no other, down
        to the order of keys.
        """
        self.append(record)
        return after(state, as_read_back(record))

    def plan(self, state: State) -> Plan:
        """What the next step is decided from: lengths counted, withdrawn candidates gone."""
        return Plan(
            campaign=self.campaign,
            roster=without(self.counted(state), frozenset(w.task for w in state.withdrawn)),
            signals=self.signals,
            begun=self._begun(state),
        )

    def _begun(self, state: State) -> frozenset[str]:
        """What a round that is partly measured was begun with, which may not be what is needed now.

        Read from the arrays, so that ledgers of earlier versions tell it too.
        """
        number = len(state.closed)
        between = number == len(state.proposed)
        keys = (key for key, _ in measured_together(self.roster, number)) if between else ()
        done = (completed for key in keys if (completed := state.job(key).completed))
        first = next(done, None)
        return taken(read_measures(first, self.folder.arrays)) if first else frozenset()

    def counted(self, state: State) -> Roster:
        """The roster with tokens per example, once the warm-up has counted them."""
        completed = state.job(WARM_UP).completed
        if completed is None:
            return self.roster
        counts = read_warm_up(completed, self.folder.arrays)["tokens_per_example"]
        return with_tokens(self.roster, dict(zip(self.roster.names, counts.tolist(), strict=True)))
