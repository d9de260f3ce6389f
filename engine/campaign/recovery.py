"""What to do about a failed job: a pure function of the failure and of those before it.

Executors never repeat a job by themselves, so that this is the only place where that is decided.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from engine.ledger.records import Failed
from engine.training.jobs import Failure, FailureKind

Decision = Literal["retry", "give-up", "abort"]
"""What the caller does next.

retry: run the job again with the next attempt number.
give-up: record the job as ended without a result, which is no evidence; go on without it.
abort: stop the campaign, resumable, with the ruling's reason as the message.
"""

RETRIES: Mapping[FailureKind, int] = {
    "worker-lost": 2,
    "timed-out": 1,
    "out-of-memory": 1,
    "diverged": 0,
    "bad-task": 0,
    "damaged-checkpoint": 0,
    "disk": 0,
    "error": 0,
}
"""Further attempts that one job gets for each kind of failure."""

IN_A_ROW = 3
"""Different jobs failing alike, none completing between, that put the blame on the environment."""

# Branches whose absence leaves a proposal without evidence, or the race without one baseline. The
# campaign cannot do without any other job (warm-up, signals, control, finish, test).
_DISPENSABLE = re.compile(r"r\d+-(p\d+|placebo)|proof-(all-tasks|target-only-\d+)")

_ADVICE: Mapping[FailureKind, str] = {
    "worker-lost": "look at the workers' memory and at the node's logs",
    "timed-out": "raise deadline_s, or make the job smaller",
    "out-of-memory": "give each worker more memory; or make batches smaller, in a new folder",
    "diverged": "lower the learning rates, in a new folder",
    "bad-task": "mend the task's card or data, and start in a new folder",
    "damaged-checkpoint": "restore the file named, or start again in a new folder",
    "disk": "free space or mend the disk, and run the same command",
    "error": "mend what it names and run the same command; a changed campaign wants a new folder",
}


@dataclass(frozen=True, slots=True)
class Ruling:
    """A decision and, in one line for a person, why."""

    decision: Decision
    reason: str


def decide(failure: Failure, history: Sequence[Failed], recent: Sequence[Failed]) -> Decision:
    """What to do about `failure`; see `rule` for the arguments."""
    return rule(failure, history, recent).decision


def rule(failure: Failure, history: Sequence[Failed], recent: Sequence[Failed]) -> Ruling:
    """What to do about `failure`, and why.

    Args:
        failure: The one that just happened; in neither of the other arguments.
        history: Earlier failures of the same job, oldest first.
        recent: Failures of any job since a job last completed, oldest first. What came before an
            abort does not count: whoever resumes has mended something.
    """
    if failure.kind == "damaged-checkpoint":
        return Ruling("abort", _because(failure, "nothing can start from that checkpoint"))
    if failure.kind == "disk":
        return Ruling("abort", _because(failure, "no job's fault"))
    if _environment_fails(failure, history, recent):
        return Ruling("abort", _because(failure, f"{IN_A_ROW} jobs in a row: the environment"))
    before = sum(line.kind == failure.kind for line in _since_abort(history))
    if before < RETRIES[failure.kind]:
        return Ruling("retry", f"{failure.kind}: attempt {before + 2} of {_attempts(failure)}")
    if is_dispensable(failure.key):
        return Ruling("give-up", _because(failure, f"attempt {before + 1} of {_attempts(failure)}"))
    return Ruling("abort", _because(failure, "the campaign cannot do without this job"))


def is_dispensable(job: str) -> bool:
    """Whether a campaign can go on without this job's result: a proposal's branch or a placebo."""
    return _DISPENSABLE.fullmatch(job) is not None


def _environment_fails(
    failure: Failure, history: Sequence[Failed], recent: Sequence[Failed]
) -> bool:
    """The same kind on three different jobs in a row: no job's own fault."""
    jobs = {failure.key} if _counts(failure.kind, _since_abort(history)) else set()
    streak = _since_abort(recent)
    for place in range(len(streak) - 1, -1, -1):
        line = streak[place]
        if line.kind != failure.kind:
            break
        earlier = [other for other in streak[:place] if other.job == line.job]
        if _counts(failure.kind, earlier):
            jobs.add(line.job)
    return len(jobs) >= IN_A_ROW


def _counts(kind: FailureKind, earlier: Sequence[Failed]) -> bool:
    """A lost node takes a whole round's jobs with it: a job's first loss says nothing."""
    return kind != "worker-lost" or any(line.kind == kind for line in earlier)


def _since_abort(failures: Sequence[Failed]) -> Sequence[Failed]:
    aborts = [place for place, line in enumerate(failures) if line.decision == "abort"]
    return failures[aborts[-1] + 1 :] if aborts else failures


def _attempts(failure: Failure) -> int:
    return RETRIES[failure.kind] + 1


def _because(failure: Failure, circumstance: str) -> str:
    task = f", task {failure.task}" if failure.task else ""
    return (
        f"{failure.key}{task}: {failure.kind} ({circumstance}): {failure.message.rstrip('.')}."
        f" What helps: {_ADVICE[failure.kind]}."
    )
