"""What runs inside a Ray actor: a thin shell round a workbench, which knows nothing of Ray."""

from __future__ import annotations

import faulthandler
import importlib
import os
import sys
from typing import Any

from engine import ExecutorChoice, Failure, Job, Result, Setting, failure_of

WORKBENCH = "engine.training.workbench:Workbench"

# The controller kills a worker at its job's deadline. One that it cannot reach any more ends itself
# this much later, so that nothing of an abandoned attempt goes on for ever.
GRACE_S = 60.0


class Worker:
    """Holds one workbench, and with it model and data, for as long as the campaign runs.

    Nothing is raised out of a method: what a job raises is answered as data, because an exception
    that cannot be pickled would reach the controller without its type.
    """

    def __init__(self, setting: Setting, bench: str) -> None:
        self._setting = setting
        self._bench_name = bench

    def ready(self) -> None:
        """Answer as soon as the worker has its place on a node."""

    def open(self) -> str:
        """Load model and data; "" when that went well, else what went wrong."""
        folder = self._setting.folder
        if not folder.is_dir():
            return (
                f"the run folder {folder} is not there on node {os.uname().nodename};"
                " choose an --out that every node sees"
            )
        _take_devices(self._setting.campaign.executor)
        try:
            self._bench = _named(self._bench_name)(self._setting)
        except Exception as error:
            return f"{type(error).__name__}: {error}"
        return ""

    def perform(self, job: Job) -> Result | Failure:
        """Do one job. The worker ends itself when that takes far longer than the job may."""
        # A C thread: fires even while the job holds the interpreter lock.
        faulthandler.dump_traceback_later(
            job.deadline_s + GRACE_S, exit=True, file=sys.__stderr__ or sys.stderr
        )
        try:
            answer: Result | Failure = self._bench.perform(job)
        except Exception as error:
            answer = failure_of(job, error)
        finally:
            faulthandler.cancel_dump_traceback_later()
        return answer


def _take_devices(choice: ExecutorChoice) -> None:
    """Confine this process to its share, before anything that counts devices is loaded."""
    os.environ["OMP_NUM_THREADS"] = str(choice.threads)
    if not choice.gpus:
        # Ray shows an actor the GPUs that it was given, but hides none from one without any.
        os.environ["CUDA_VISIBLE_DEVICES"] = ""


def _named(path: str) -> Any:
    module, _, name = path.partition(":")
    return getattr(importlib.import_module(module), name)
