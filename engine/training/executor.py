"""The seam between a campaign and the machines that do its work."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from engine.campaign.spec import Campaign
from engine.training.jobs import Failure, Job, Result


@dataclass(frozen=True, kw_only=True, slots=True)
class Setting:
    """All that a worker needs to build its workbench: the same for every worker of a campaign."""

    campaign: Campaign
    folder: Path
    """Absolute path of the run folder; on a cluster, one that every node sees."""


class Executor(Protocol):
    """Does jobs, somewhere. Found by name in the entry-point group `sextant.executors`.

    An implementation is constructed with `(setting: Setting)`, starts no work before `run`, writes
    nothing into the ledger, never repeats a job by itself and never lets a job's error escape.
    """

    @property
    def num_workers(self) -> int:
        """Jobs that can run at the same time; known before the first job."""
        ...

    def run(self, jobs: Sequence[Job]) -> Iterator[Result | Failure]:
        """Yield exactly one answer for each job, as they finish, in any order."""
        ...

    def close(self) -> None:
        """Release every worker; may be called twice."""
        ...
