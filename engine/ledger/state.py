"""A campaign's state: a fold over its ledger and nothing else."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import ClassVar

from engine.ledger.records import (
    Chosen,
    Closed,
    Completed,
    Delivered,
    Failed,
    Finished,
    Opened,
    Proposed,
    Record,
    Resumed,
    Started,
    Withdrawn,
)

NEW_POLICY = "new-policy"
"""What a user accepts to go on with a policy that would have decided otherwise."""


class LedgerStoryError(ValueError):
    """The ledger's lines are sound one by one but tell a story that cannot be."""

    exit_code: ClassVar[int] = 4


@dataclass(frozen=True, kw_only=True, slots=True)
class JobStory:
    """What happened to one job so far."""

    started: tuple[Started, ...] = ()
    failed: tuple[Failed, ...] = ()
    completed: Completed | None = None
    gone: frozenset[str] = frozenset()
    """Tasks that had been withdrawn when it completed: its arrays have no rows of them."""

    @property
    def given_up(self) -> bool:
        return bool(self.failed) and self.failed[-1].decision == "give-up"

    @property
    def ended(self) -> bool:
        return self.completed is not None or self.given_up

    @property
    def next_attempt(self) -> int:
        return len(self.started) + 1

    @property
    def wasted_tokens(self) -> int:
        """Reserved by attempts that were lost: the end of their work is unknown, so all counts."""
        done = {self.completed.attempt} if self.completed else set()
        return sum(line.reserved_tokens for line in self.started if line.attempt not in done)


@dataclass(frozen=True, kw_only=True, slots=True)
class State:
    """Where a campaign stands."""

    opened: Opened | None = None
    jobs: Mapping[str, JobStory] = field(default_factory=dict)
    proposed: tuple[Proposed, ...] = ()
    closed: tuple[Closed, ...] = ()
    withdrawn: tuple[Withdrawn, ...] = ()
    trusted: int = 0
    """Proposed rounds that stand although the policy would answer otherwise: the user said so."""
    streak: tuple[Failed, ...] = ()
    """Failures since a job last completed, oldest first."""
    chosen: Chosen | None = None
    delivered: Delivered | None = None
    finished: Finished | None = None

    def job(self, key: str) -> JobStory:
        return self.jobs.get(key, JobStory())

    @property
    def wasted_tokens(self) -> int:
        """Reserved by selection's lost attempts; those of the proof are charged to nobody."""
        return sum(s.wasted_tokens for key, s in self.jobs.items() if not is_proof(key))

    def spent_tokens(self, *, proof: bool = False) -> int:
        """Training tokens of completed jobs: of selection, or of the baselines that prove it."""
        done = (story.completed for story in self.jobs.values() if story.completed)
        return sum(line.tokens for line in done if is_proof(line.job) == proof)


def is_proof(job: str) -> bool:
    """Whether a job trains or tests a baseline: charged to the proof, not to selection."""
    return job.startswith("proof-")


def fold(records: Iterable[Record]) -> State:
    """The state that a ledger's records add up to.

    Raises:
        LedgerStoryError: A round or job ends twice, or a round closes that was never proposed.
    """
    state = State()
    for record in records:
        state = after(state, record)
    return state


def after(state: State, record: Record) -> State:
    """`state` after one more record."""
    match record:
        case Opened():
            return _once(state, "opened", record)
        case Started() | Failed() | Completed():
            return _with_job(state, record)
        case Proposed():
            _expect(record.round == len(state.proposed), f"round {record.round} proposed twice")
            return replace(state, proposed=(*state.proposed, record))
        case Closed():
            _expect(record.round == len(state.closed), f"round {record.round} closed twice")
            _expect(record.round < len(state.proposed), f"round {record.round} was never proposed")
            return replace(state, closed=(*state.closed, record))
        case Withdrawn():
            return replace(state, withdrawn=(*state.withdrawn, record))
        case Chosen():
            return _once(state, "chosen", record)
        case Delivered():
            return _once(state, "delivered", record)
        case Finished():
            return _once(state, "finished", record)
        case Resumed():
            accepts = NEW_POLICY in record.accepted
            return replace(state, trusted=len(state.proposed)) if accepts else state


def _with_job(state: State, record: Started | Failed | Completed) -> State:
    jobs = {**state.jobs, record.job: _job_after(state, record)}
    if isinstance(record, Started):
        return replace(state, jobs=jobs)
    streak = (*state.streak, record) if isinstance(record, Failed) else ()
    return replace(state, jobs=jobs, streak=streak)


def _job_after(state: State, record: Started | Failed | Completed) -> JobStory:
    story = state.job(record.job)
    _expect(story.completed is None, f"job {record.job} goes on after it was completed")
    match record:
        case Started():
            return replace(story, started=(*story.started, record))
        case Failed():
            return replace(story, failed=(*story.failed, record))
        case Completed():
            gone = frozenset(line.task for line in state.withdrawn)
            return replace(story, completed=record, gone=gone)


def _once(state: State, name: str, record: Record) -> State:
    _expect(getattr(state, name) is None, f"a second '{name}' line")
    return replace(state, **{name: record})  # type: ignore[arg-type]


def _expect(holds: bool, trouble: str) -> None:
    if not holds:
        raise LedgerStoryError(f"The ledger contradicts itself: {trouble}.")
