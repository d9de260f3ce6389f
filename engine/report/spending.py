"""Where the tokens went: read off the ledger's order, whatever jobs are called."""

from __future__ import annotations

from collections.abc import Sequence

from engine.ledger.records import Chosen, Closed, Completed, Opened, Proposed, Record
from engine.ledger.state import fold, is_proof
from engine.report.facts import Spending

STAGES = ("warm-up", "signals", "controls", "branches", "finish")


def spending_of(records: Sequence[Record]) -> Spending:
    """Training tokens of completed jobs by stage, beside waste and proof.

    Between a round's proposals and its end its control and branches train; before them its signals
    are measured; after the choice comes the finish.
    """
    spent = dict.fromkeys(STAGES, 0)
    branches = _branch_keys(records)
    stage = "warm-up"
    for record in records:
        match record:
            case Proposed():
                stage = "controls"
            case Closed():
                stage = "signals"
            case Chosen():
                stage = "finish"
            case Completed() if not is_proof(record.job):
                spent["branches" if record.job in branches else stage] += record.tokens
                stage = "signals" if stage == "warm-up" else stage
            case _:
                pass
    state = fold(records)
    return Spending(
        parts=tuple((name, tokens) for name, tokens in spent.items() if tokens),
        wasted=state.wasted_tokens,
        proof=state.spent_tokens(proof=True),
        budget=_budget(records),
    )


def _branch_keys(records: Sequence[Record]) -> set[str]:
    closed = {gain.branch for r in records if isinstance(r, Closed) for gain in r.gains}
    # A round still open has no gains yet, but its branches are as many as its proposals.
    proposed = {
        f"r{record.round:02d}-p{number}"
        for record in records
        if isinstance(record, Proposed)
        for number in range(1, len(record.proposals) + 1)
    }
    return closed | proposed


def _budget(records: Sequence[Record]) -> int:
    config = next(record.config for record in records if isinstance(record, Opened))
    return int(config.get("budget_tokens", 0))
