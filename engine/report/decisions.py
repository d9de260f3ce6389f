"""The decisions of a campaign in order, each with the reason that was written down for it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from engine.ledger.records import (
    Chosen,
    Closed,
    Delivered,
    Failed,
    Finished,
    Opened,
    Proposed,
    Record,
    Resumed,
    Withdrawn,
)
from engine.report.facts import Decision
from engine.wording import arm_text, gain_text, mixture_text


def decisions_of(records: Sequence[Record]) -> tuple[Decision, ...]:
    """Proposals, failures, advances, withdrawals, the choice and the delivery."""
    return tuple(decision for record in records for decision in _decisions(record))


def _decisions(record: Record) -> Iterator[Decision]:
    match record:
        case Opened():
            yield Decision(when="start", what="Campaign opened", why="")
        case Resumed():
            why = "; ".join(record.accepted)
            yield Decision(when="resumed", what="Resumed from the ledger", why=why)
        case Proposed():
            yield from _proposals(record)
        case Failed():
            what = f"{record.job}, attempt {record.attempt}: {record.kind}, {record.decision}"
            yield Decision(when="failure", what=what, why=record.message)
        case Closed():
            yield _closed(record)
        case Withdrawn():
            yield Decision(when="withdrawn", what=record.task, why=record.reason)
        case Chosen():
            what = f"Mixture chosen: {mixture_text(record.mixture, most=5)}"
            yield Decision(when="choice", what=what, why=record.reason)
        case Delivered():
            why = "the safety rule, on the gate split"
            yield Decision(when="delivery", what=f"Delivered: {arm_text(record.arm)}", why=why)
        case Finished():
            yield Decision(when="end", what=f"Finished: {record.reason}", why="")
        case _:
            return


def _proposals(record: Proposed) -> Iterator[Decision]:
    when = f"round {record.round + 1}"
    if record.by != "policy":
        yield Decision(when=when, what="The policy gave no proposal", why=record.by)
    for number, line in enumerate(record.proposals, start=1):
        what = f"p{number} proposed: {mixture_text(line.mixture, most=5)}"
        yield Decision(when=when, what=what, why=line.reason)


def _closed(record: Closed) -> Decision:
    when = f"round {record.round + 1}"
    for line in record.gains:
        if line.branch == record.advanced:
            name = line.branch.rpartition("-")[2]
            why = f"gain on the gate split {gain_text(line.gate_gain, line.gate_se)}"
            return Decision(when=when, what=f"{name} advanced", why=why)
    if not record.advanced.startswith(f"r{record.round:02d}-"):
        why = "on the gate split, none was better than the state that all had started from"
        return Decision(when=when, what="The next round starts where this one did", why=why)
    why = "no branch's gain on the gate split was certainly above zero"
    return Decision(when=when, what="The control goes on", why=why)
