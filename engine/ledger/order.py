"""What may follow in a ledger, whatever ran twice."""

from __future__ import annotations

from engine.ledger.records import Closed, Completed, Opened, Proposed, Record


class LedgerOrder:
    """Opened first and once; one proposal and one closing a round, one accepted result a job."""

    def __init__(self) -> None:
        self._done: set[str] = set()

    def trouble(self, record: Record) -> str:
        """Why `record` cannot come next; empty when it can."""
        if not self._done and not isinstance(record, Opened):
            return f"a ledger begins with 'opened', not with '{type(record).__name__.lower()}'"
        done = _done_once(record)
        return f"{done} a second time" if done in self._done else ""

    def accept(self, record: Record) -> None:
        """Note that `record` came next."""
        if done := _done_once(record):
            self._done.add(done)


def _done_once(record: Record) -> str:
    match record:
        case Opened():
            return "the campaign is opened"
        case Proposed():
            return f"round {record.round} is proposed"
        case Closed():
            return f"round {record.round} is closed"
        case Completed():
            return f"job {record.job!r:.100} is completed"
        case _:
            return ""
