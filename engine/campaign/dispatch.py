"""Carries out jobs through an executor and writes what became of each into the ledger."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from engine.campaign.recovery import Ruling, rule
from engine.ledger.records import Completed, Failed, Record, Started, Withdrawn
from engine.ledger.state import State
from engine.training.executor import Executor
from engine.training.jobs import Failure, Job, Result

_EXIT_CODES: Final[dict[str, int]] = {"disk": 5, "damaged-checkpoint": 4}


class CampaignAbortedError(RuntimeError):
    """The campaign cannot go on as it is; the ledger says why and the same command resumes it."""

    def __init__(self, reason: str, *, exit_code: int = 3) -> None:
        super().__init__(reason)
        self.exit_code = exit_code


@dataclass(frozen=True, kw_only=True)
class Dispatcher:
    """Where work goes, and how its results become ledger lines."""

    executor: Executor
    note: Callable[[Record, State], State]
    """Makes a record durable; answers the state after it."""
    keep: Callable[[Result], Completed]
    """Stores a result's arrays; answers its ledger line."""
    reserve: Callable[[Job], int]
    """Tokens that an attempt may cost: what is counted as wasted if its end stays unknown."""
    told: Callable[[Completed | Failed], None]
    """Called after each line, for progress."""

    def carry_out(self, jobs: Sequence[Job], state: State) -> State:
        """Run until every job completed or was given up.

        Raises:
            CampaignAbortedError: A failure that retrying or leaving out cannot mend.
        """
        pending = {job.key: job for job in jobs}
        while pending:
            batch = [_numbered(job, state) for job in pending.values()]
            for job in batch:
                state = self.note(_started(job, self.reserve(job)), state)
            attempts = {job.key: job.attempt for job in batch}
            for answer in self.executor.run(batch):
                if answer.key not in pending or answer.attempt != attempts[answer.key]:
                    continue  # of an attempt that was given up: late, and no longer of use
                state = self._accept(answer, state)
                if state.job(answer.key).ended:
                    del pending[answer.key]
        return state

    def _accept(self, answer: Result | Failure, state: State) -> State:
        if not isinstance(answer, Failure):
            completed = self.keep(answer)
            state = self.note(completed, state)
            self.told(completed)
            return state
        if answer.kind == "bad-task" and answer.task:
            # Before the failure: killed in between, the job fails again and says so again.
            state = self.note(Withdrawn(task=answer.task, reason=answer.message), state)
        ruling = rule(answer, state.job(answer.key).failed, state.streak)
        failed = _failed(answer, ruling)
        state = self.note(failed, state)
        self.told(failed)
        if ruling.decision == "abort":
            raise CampaignAbortedError(ruling.reason, exit_code=_EXIT_CODES.get(answer.kind, 3))
        return state


def _numbered(job: Job, state: State) -> Job:
    return replace(job, attempt=state.job(job.key).next_attempt)


def _started(job: Job, reserved: int) -> Started:
    return Started(job=job.key, attempt=job.attempt, reserved_tokens=reserved)


def _failed(failure: Failure, ruling: Ruling) -> Failed:
    return Failed(
        job=failure.key,
        attempt=failure.attempt,
        kind=failure.kind,
        message=failure.message[:2000],
        decision=ruling.decision,
        task=failure.task,
    )
