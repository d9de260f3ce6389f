"""An executor that does everything in this process, one job after another."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from engine.training.executor import Setting
from engine.training.failures import failure_of
from engine.training.jobs import Failure, Job, Result
from engine.training.workbench import Workbench


class LocalExecutor:
    """For debugging and tests: no other process, and results in the order of the jobs.

    A job's deadline is not kept, for nobody is there to end it.
    """

    def __init__(self, setting: Setting) -> None:
        self._setting = setting
        self._workbench: Workbench | None = None

    @property
    def num_workers(self) -> int:
        return 1

    def run(self, jobs: Sequence[Job]) -> Iterator[Result | Failure]:
        for job in jobs:
            yield self._answer(job)

    def close(self) -> None:
        self._workbench = None

    def _answer(self, job: Job) -> Result | Failure:
        try:
            if self._workbench is None:
                self._workbench = Workbench(self._setting)
            return self._workbench.perform(job)
        except Exception as error:
            return failure_of(job, error)
