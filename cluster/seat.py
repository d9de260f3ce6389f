"""The controller's end of one worker: its actor, and the one call that is under way there."""

from __future__ import annotations

import copy
import math
import time
from dataclasses import dataclass
from typing import Any, Literal

import ray
from ray.exceptions import RayError

from cluster.ray_failures import kind_of, message_of
from cluster.worker import Worker
from engine import Failure, FailureKind, Job, Result, Setting

Stage = Literal["placing", "opening", "idle", "busy", "gone"]

# A finished call's answer only has to come over from its node.
_FETCH_LIMIT_S = 60.0

# After these a worker starts afresh: device memory may be fragmented, and a CUDA context stays
# broken after a failed assertion.
_SOILING: frozenset[FailureKind] = frozenset({"out-of-memory", "error"})


@dataclass(frozen=True, slots=True)
class NoStart:
    """A worker that was lost, or gave up, before it could take a job."""

    kind: FailureKind
    message: str

    def blamed_on(self, job: Job) -> Failure:
        """As a failure of the job that the worker was started for."""
        message = f"the worker could not start: {self.message}"[:2000]
        return Failure(key=job.key, attempt=job.attempt, kind=self.kind, message=message)


Answer = Result | Failure | NoStart


class Seat:
    """placing -> opening -> idle <-> busy; gone once the worker was lost or dismissed.

    The deadline of a job runs from the moment it is handed to a worker that is ready for it.
    """

    def __init__(self, setting: Setting, bench: str) -> None:
        self._setting = setting
        self._actor: Any = _hire(setting, bench)
        self._job: Job | None = None
        self.stage: Stage = "placing"
        self.call: Any = self._actor.ready.remote()
        self.since = time.monotonic()
        self.due = math.inf

    def give(self, job: Job) -> None:
        """Hand a job to an idle worker."""
        self._job = job
        self._await("busy", self._actor.perform.remote(job), job.deadline_s)

    def settle(self) -> Answer | None:
        """Take what the finished call answered; None when the worker merely got one stage on."""
        try:
            # The store's arrays are read-only and vanish with the cluster: take copies.
            answer = copy.deepcopy(ray.get(self.call, timeout=_FETCH_LIMIT_S))
        except RayError as error:
            return self._ended_by(kind_of(error), message_of(error))
        match self.stage:
            case "placing":
                self._await("opening", self._actor.open.remote(), self._setting.campaign.deadline_s)
                return None
            case "opening" if answer:
                return self._ended_by("error", answer)
            case "opening":
                self.stage = "idle"
                return None
            case _:
                return self._finished(answer)

    def expire(self, now: float) -> Answer | None:
        """End a worker whose call is past its deadline; None when there is time left."""
        if now < self.due or self.stage not in ("opening", "busy"):
            return None
        return self._ended_by("timed-out", f"no answer in {now - self.since:.0f} s; worker killed")

    def dismiss(self) -> None:
        """End the worker, whatever it does; its answer, should one still come, is dropped."""
        self.stage = "gone"
        ray.kill(self._actor, no_restart=True)

    def _await(self, stage: Stage, call: Any, limit_s: float) -> None:
        self.stage = stage
        self.call = call
        self.since = time.monotonic()
        self.due = self.since + limit_s

    def _finished(self, answer: Result | Failure) -> Answer:
        assert self._job is not None
        if (answer.key, answer.attempt) != (self._job.key, self._job.attempt):
            return self._ended_by(
                "error", f"the worker answered {answer.key}, attempt {answer.attempt}, instead"
            )
        if isinstance(answer, Failure) and answer.kind in _SOILING:
            self.dismiss()
        else:
            self.stage = "idle"
        return answer

    def _ended_by(self, kind: FailureKind, message: str) -> Answer:
        was_busy = self.stage == "busy"
        self.dismiss()
        if not was_busy:
            return NoStart(kind, message)
        assert self._job is not None
        return Failure(
            key=self._job.key, attempt=self._job.attempt, kind=kind, message=message[:2000]
        )


def _hire(setting: Setting, bench: str) -> Any:
    """A new actor. Ray repeats nothing: the campaign alone decides what runs twice."""
    choice = setting.campaign.executor
    actor = ray.remote(Worker).options(
        num_cpus=choice.threads, num_gpus=choice.gpus, max_restarts=0, max_task_retries=0
    )
    return actor.remote(setting, bench)
