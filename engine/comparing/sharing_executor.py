"""An executor in front of another one: equal work is done once and answered to all who ask."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from engine.comparing.job_identity import job_identity
from engine.comparing.shared_results import SharedResults
from engine.storage import content_store
from engine.storage.content_store import stored_path
from engine.storage.disk import LOCAL_DISK, disk_errors
from engine.training.executor import Executor
from engine.training.jobs import BranchResult, Failure, Job, Result, WarmUpResult


@dataclass(frozen=True, kw_only=True)
class SharingExecutor:
    """For one campaign; what it shares is in `results`, which other campaigns read as well.

    A campaign's own folder gets a link to every checkpoint that concerns it, so that it can sweep
    there without taking anything from others, and be resumed without them.
    """

    inner: Executor
    """Saves its checkpoints in `results.checkpoints`. Left open by `close`: others use it too."""
    results: SharedResults
    checkpoints: Path
    """The campaign's own."""
    setting: str
    """As `setting_identity` tells it."""
    weights: Mapping[str, float]
    """target -> weight."""

    @property
    def num_workers(self) -> int:
        return self.inner.num_workers

    def run(self, jobs: Sequence[Job]) -> Iterator[Result | Failure]:
        """Yield exactly one answer for each job: at once where the work is done already."""
        asking: dict[str, list[Job]] = {}
        for job in jobs:
            asking.setdefault(job_identity(job, self.setting), []).append(job)
        to_do: dict[tuple[str, int], str] = {}
        for identity, alike in asking.items():
            known = self.results.recall(identity, alike[0])
            if known is None:
                to_do[alike[0].key, alike[0].attempt] = identity
            else:
                yield from self._to_all(known, alike)
        if to_do:
            first = [asking[identity][0] for identity in to_do.values()]
            for answer in self.inner.run(self._with_starts(first)):
                identity = to_do[answer.key, answer.attempt]
                if not isinstance(answer, Failure):
                    self.results.keep(identity, answer, weights=self.weights)
                yield from self._to_all(answer, asking[identity])

    def close(self) -> None:
        pass

    def _to_all(self, answer: Result | Failure, jobs: Sequence[Job]) -> Iterator[Result | Failure]:
        for sha256 in _checkpoints_of(answer):
            _link(sha256, self.results.checkpoints, self.checkpoints)
        for job in jobs:
            yield replace(answer, key=job.key, attempt=job.attempt)

    def _with_starts(self, jobs: Sequence[Job]) -> Sequence[Job]:
        """The jobs, once workers find what they start from.

        They do not where the campaign went on by itself in between, or where checkpoints were
        dropped because every campaign had ended.
        """
        for sha256 in {named for job in jobs for named in _starts_of(job)}:
            if stored_path(self.checkpoints, sha256).exists():
                _link(sha256, self.checkpoints, self.results.checkpoints)
        return jobs


def _starts_of(job: Job) -> list[str]:
    named = (getattr(job, "start", ""), getattr(job, "moments", ""))
    return [sha256 for sha256 in named if isinstance(sha256, str) and sha256]


def _checkpoints_of(answer: Result | Failure) -> list[str]:
    match answer:
        case WarmUpResult(checkpoint=trained, moments=moments):
            return [one.sha256 for one in (trained, moments) if one]
        case BranchResult(checkpoint=trained):
            return [trained.sha256]
        case _:
            return []


def _link(sha256: str, source: Path, target: Path) -> None:
    """Have the stored file in `target` too, durably and without a second copy of its bytes."""
    origin, place = stored_path(source, sha256), stored_path(target, sha256)
    with disk_errors(place):
        if place.exists():
            return
        try:
            os.link(origin, place)
        except FileExistsError:
            return
        except OSError:  # a filesystem without hard links
            data = content_store.fetch(source, sha256, disk=LOCAL_DISK)
            content_store.store(data, target, tag="shared", disk=LOCAL_DISK)
        LOCAL_DISK.sync_folder(target)
