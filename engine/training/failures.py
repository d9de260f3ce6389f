"""What went wrong with a job, as data: light, so that whoever decides needs no torch."""

from __future__ import annotations

import traceback

from engine.model.answers import BadTaskError
from engine.storage.content_store import DamagedFileError
from engine.storage.disk import DiskError
from engine.training.jobs import Failure, FailureKind, Job

_LONGEST = 2000


class DivergedError(ArithmeticError):
    """A loss or gradient is no longer a finite number."""


def failure_of(job: Job, error: BaseException) -> Failure:
    """What a job's error means to the campaign."""
    return Failure(
        key=job.key,
        attempt=job.attempt,
        kind=_kind(error),
        message=_message(error),
        task=error.task if isinstance(error, BadTaskError) else "",
    )


def _kind(error: BaseException) -> FailureKind:
    if isinstance(error, BadTaskError):
        return "bad-task"
    if isinstance(error, DivergedError):
        return "diverged"
    if isinstance(error, DamagedFileError):
        return "damaged-checkpoint"
    if isinstance(error, DiskError):
        return "disk"
    return "out-of-memory" if _is_out_of_memory(error) else "error"


def _is_out_of_memory(error: BaseException) -> bool:
    # torch has a class for GPUs; its CPU allocator raises a bare RuntimeError.
    names = {kind.__name__ for kind in type(error).__mro__}
    told = isinstance(error, RuntimeError) and "not enough memory" in str(error)
    return isinstance(error, MemoryError) or "OutOfMemoryError" in names or told


def _message(error: BaseException) -> str:
    """The error and where it was raised, at most 2,000 characters."""
    frames = traceback.extract_tb(error.__traceback__)
    place = f" (raised at {frames[-1].filename}:{frames[-1].lineno})" if frames else ""
    text = f"{type(error).__name__}: {error}"
    return text[: _LONGEST - len(place)] + place[:_LONGEST]
