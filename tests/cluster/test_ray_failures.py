"""What each of Ray's exceptions means."""

from __future__ import annotations

import pytest
from ray import exceptions
from ray.exceptions import RayError, RayTaskError

from cluster.ray_failures import kind_of, message_of
from engine.training.jobs import FailureKind


def raised(cause: Exception) -> RayError:
    error = RayTaskError("perform", "Traceback ...\nthe last line", cause, "worker", 1, "node")
    as_cause: RayError = error.as_instanceof_cause()
    return as_cause


class OutOfMemoryError(RuntimeError):
    """As torch calls its own."""


CASES: list[tuple[RayError, FailureKind]] = [
    (exceptions.ActorDiedError(), "worker-lost"),
    (exceptions.ActorUnavailableError("gone", b"0" * 16), "worker-lost"),
    (exceptions.WorkerCrashedError(), "worker-lost"),
    (exceptions.NodeDiedError("node gone"), "worker-lost"),
    (exceptions.ObjectLostError("0" * 56, None, ""), "worker-lost"),
    (exceptions.OutOfMemoryError("host is full"), "out-of-memory"),
    (exceptions.GetTimeoutError("slow"), "timed-out"),
    (raised(OutOfMemoryError("device is full")), "out-of-memory"),
    (raised(MemoryError()), "out-of-memory"),
    (raised(exceptions.TaskCancelledError()), "worker-lost"),
    (raised(ValueError("nonsense")), "error"),
]


@pytest.mark.parametrize(("error", "kind"), CASES, ids=[type(case[0]).__name__ for case in CASES])
def test_each_exception_has_its_kind(error: RayError, kind: FailureKind) -> None:
    assert kind_of(error) == kind


def test_messages_are_one_short_paragraph() -> None:
    message = message_of(exceptions.NodeDiedError("one\n\n  two\n" + "x" * 5000))
    assert message.startswith("one two xxx")
    assert len(message) == 2000
