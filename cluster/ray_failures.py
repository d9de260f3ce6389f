"""What Ray's exceptions mean for a job: an exception in, plain data out."""

from __future__ import annotations

from ray.exceptions import (
    GetTimeoutError,
    OutOfMemoryError,
    RayError,
    RayTaskError,
    TaskCancelledError,
)

from engine import FailureKind

MAX_MESSAGE = 2000


def kind_of(error: RayError) -> FailureKind:
    """Which kind of failure a call to a worker that raised `error` was.

    A job's own exceptions never come this way (the worker answers them as data), so that what is
    left means that the process, its node or its objects are gone.
    """
    if isinstance(error, OutOfMemoryError):
        return "out-of-memory"
    if isinstance(error, GetTimeoutError):
        return "timed-out"
    if isinstance(error, RayTaskError):
        return _kind_of_raised(error)
    # ActorDiedError, ActorUnavailableError, NodeDiedError, ObjectLostError and their kin: the work
    # may be done or not, and may even go on where nobody sees it.
    return "worker-lost"


def message_of(error: RayError) -> str:
    """One paragraph, at most 2,000 characters."""
    lines = (line.strip() for line in str(error).splitlines())
    return " ".join(line for line in lines if line)[:MAX_MESSAGE] or type(error).__name__


def _kind_of_raised(error: RayTaskError) -> FailureKind:
    cause = getattr(error, "cause", None)
    if isinstance(cause, TaskCancelledError) or isinstance(error, TaskCancelledError):
        return "worker-lost"
    # By name: torch has a class of this name, Ray another, and neither package is loaded for it.
    names = {kind.__name__ for kind in (*type(error).__mro__, *type(cause).__mro__)}
    return "out-of-memory" if names & {"OutOfMemoryError", "MemoryError"} else "error"
