"""Runs jobs on long-lived Ray actors, each holding model and data."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Iterator, Sequence

import ray

from cluster.connection import connect
from cluster.crew import Crew
from cluster.placement import check_shape, longest_first
from cluster.seat import NoStart
from cluster.worker import WORKBENCH
from engine import Failure, Job, Result, Setting

_log = logging.getLogger(__name__)


class RayExecutor:
    """The executor named "ray": on this machine, or on the cluster that the campaign names.

    Ray and the workers start with the first job. Ray's own retries are off: a worker that dies or
    passes its job's deadline is replaced, the job is answered as a failure, and whether it runs
    again is the campaign's decision (`engine.campaign.recovery`).

    Args:
        setting: Campaign and run folder; on a cluster, a folder that every node sees.
        bench: The workbench that workers build, as `module:Class`.
        placing_limit_s: How long all workers together may wait for a place on the cluster.

    Raises:
        ValueError: A share of GPUs that no worker can be given.
    """

    def __init__(
        self, setting: Setting, *, bench: str = WORKBENCH, placing_limit_s: float = 300.0
    ) -> None:
        check_shape(setting.campaign.executor)
        self._choice = setting.campaign.executor
        self._crew = Crew(setting, bench=bench, placing_limit_s=placing_limit_s)
        self._connected_here = False

    @property
    def num_workers(self) -> int:
        """Workers at most; fewer while the cluster has no room for all of them."""
        return self._choice.workers

    def run(self, jobs: Sequence[Job]) -> Iterator[Result | Failure]:
        """Yield exactly one answer for each job, as they finish.

        Jobs beyond the number of workers wait their turn, the longest first. Whoever stops
        iterating ends the workers that are still busy.

        Raises:
            ValueError: The cluster cannot be joined, or has no place for any worker.
        """
        self._connected_here = connect(self._choice) or self._connected_here
        queue = deque(longest_first(jobs))
        try:
            while queue or self._crew.num_busy:
                self._crew.hand_out(queue)
                for answer in self._crew.answers():
                    if not isinstance(answer, NoStart):
                        yield answer
                    elif queue:
                        yield answer.blamed_on(queue.popleft())
                    else:
                        _log.warning("A worker could not start: %s", answer.message)
        finally:
            self._crew.dismiss_busy()

    def close(self) -> None:
        """End the workers, and Ray if `run` started or joined it; may be called twice."""
        self._crew.close()
        if self._connected_here:
            self._connected_here = False
            ray.shutdown()
