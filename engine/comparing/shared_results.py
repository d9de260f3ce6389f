"""Results of work that several campaigns ask for: kept under what the work is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from engine.comparing.rebuilt_result import rebuilt
from engine.ledger.records import Completed
from engine.ledger.result_store import keep_result
from engine.storage import content_store
from engine.storage.content_store import DamagedFileError
from engine.storage.disk import LOCAL_DISK, disk_errors
from engine.storage.whole_file import write_whole
from engine.training.jobs import Job, Result

_LINE: TypeAdapter[Completed] = TypeAdapter(Completed)


@dataclass(frozen=True, slots=True)
class SharedResults:
    """A folder of results. All that is lost with a file of it is the time to work it out again."""

    path: Path

    @property
    def checkpoints(self) -> Path:
        """Where workers save, as in any run folder."""
        return self.path / "checkpoints"

    @property
    def _arrays(self) -> Path:
        return self.path / "signals"

    @property
    def _lines(self) -> Path:
        return self.path / "results"

    def prepare(self) -> None:
        """Make its folders.

        Raises:
            DiskError: They cannot be made.
        """
        with disk_errors(self.path):
            for folder in (self.checkpoints, self._arrays, self._lines):
                folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    def keep(self, identity: str, result: Result, *, weights: Mapping[str, float]) -> None:
        """Remember a result, durably; its checkpoints are in the folder already.

        Args:
            identity: Of the work, as `job_identity` tells it.
            result: What a worker answered.
            weights: target -> weight.
        """
        line = keep_result(result, self._arrays, weights=weights)
        write_whole(self._lines / f"{identity}.json", _LINE.dump_json(line, by_alias=True))

    def recall(self, identity: str, job: Job) -> Result | None:
        """The answer to `job`, where the same work was done before and all of it is still there."""
        try:
            line = _LINE.validate_json((self._lines / f"{identity}.json").read_bytes())
            return rebuilt(line, job, arrays=self._arrays, checkpoints=self.checkpoints)
        except (FileNotFoundError, DamagedFileError, ValidationError):
            return None

    def done(self) -> Iterator[Completed]:
        """A line for each piece of work that was really done."""
        for path in sorted(self._lines.glob("*.json")):
            yield _LINE.validate_json(path.read_bytes())

    def drop_checkpoints(self) -> None:
        """Free their space, once no campaign here will start from one of them."""
        content_store.sweep(self.checkpoints, (), disk=LOCAL_DISK)
