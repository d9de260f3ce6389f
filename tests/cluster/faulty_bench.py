"""A workbench whose jobs go wrong in the way that their key says, e.g. "hang-1"."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path
from typing import Any, NoReturn

import numpy as np

from engine.campaign.spec import Campaign, ExecutorChoice
from engine.training.executor import Setting
from engine.training.jobs import Cost, EvaluateJob, EvaluateResult, Failure, Job, Judgement, Result


class UnpicklableError(Exception):
    """Cannot cross a process boundary."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.held = lambda: None


class FaultyBench:
    def __init__(self, setting: Setting) -> None:
        self._setting = setting

    def perform(self, job: Job) -> Result | Failure:
        match job.key.split("-")[0]:
            case "die":
                os.kill(os.getpid(), signal.SIGKILL)
            case "stop":
                os.kill(os.getpid(), signal.SIGSTOP)
            case "exit":
                raise SystemExit(3)
            case "hang":
                time.sleep(600)
            case "raise":
                raise ValueError(f"job {job.key} went wrong")
            case "unpicklable":
                raise UnpicklableError("held by a lambda")
            case "hold":
                _hold_the_interpreter()
            case "other":
                return _answer("another-job")
            case "slow":
                time.sleep(0.5)
        return _answer(job.key)


class BrokenBench:
    """Cannot even be built."""

    def __init__(self, setting: Setting) -> None:
        raise OSError(f"no model at {setting.campaign.model}")


def setting_in(folder: Path, **choice: Any) -> Setting:
    campaign = Campaign(
        name="c", target="t", budget_tokens=1, executor=ExecutorChoice(name="ray", **choice)
    )
    return Setting(campaign=campaign, folder=folder)


def job(key: str, *, deadline_s: float = 60.0, attempt: int = 1) -> EvaluateJob:
    return EvaluateJob(key=key, attempt=attempt, start="", temperatures={}, deadline_s=deadline_s)


def pid_of(answer: Result | Failure) -> int:
    """Of the worker that answered."""
    assert isinstance(answer, EvaluateResult), answer
    return answer.cost.tokens


def _answer(key: str) -> EvaluateResult:
    num_threads = float(os.environ["OMP_NUM_THREADS"])
    sees_gpus = float(os.environ["CUDA_VISIBLE_DEVICES"] != "")
    values = np.array([num_threads, sees_gpus])
    # Large enough to travel through the object store, whose arrays are read-only.
    judgement = Judgement(
        losses=np.zeros(200_000), plain_losses=values, predictions=values, metric=0.0
    )
    cost = Cost(tokens=os.getpid(), examples=1, seconds=time.time())
    return EvaluateResult(key=key, attempt=1, test={"target": judgement}, cost=cost)


def _hold_the_interpreter() -> NoReturn:
    while True:
        # One C call of minutes, in which no other Python thread gets a turn.
        pow(7, 10**8)
