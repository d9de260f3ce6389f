"""The folder of one campaign: what lies where, who may write."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from engine.campaign.folder_lock import FILE_NAME as LOCK
from engine.campaign.folder_lock import FolderLock
from engine.ledger.ledger import FILE_NAME as LEDGER
from engine.storage.disk import LOCAL_DISK, disk_errors


@dataclass(frozen=True, slots=True)
class RunFolder:
    """Paths of a run folder. All that is written in it refers to the rest by relative names."""

    path: Path

    @classmethod
    def prepare(cls, path: Path) -> RunFolder:
        """Make `path` ready for a campaign, new or begun: its folders exist, for its owner only.

        Raises:
            ValueError: It is a file, cannot be written, or holds something else than a campaign.
        """
        folder = cls(path)
        _refuse_file_or_strangers(folder)
        try:
            folder._create()
        except OSError as error:
            raise ValueError(
                f"{path} cannot be written ({error.strerror}); choose another directory or mend "
                "its permissions."
            ) from error
        return folder

    def lock(self) -> FolderLock:
        """Become the only writer, for as long as the answer is held; use it in `with`.

        Raises:
            FolderInUseError: Another process writes here; it is named.
        """
        return FolderLock.take(self.path)

    @property
    def begun(self) -> bool:
        """Whether there is a ledger, and so a campaign to go on with or to report."""
        return self.ledger.is_file()

    @property
    def campaign(self) -> Path:
        """As resolved."""
        return self.path / "campaign.yaml"

    @property
    def ledger(self) -> Path:
        return self.path / LEDGER

    @property
    def checkpoints(self) -> Path:
        return self.path / "checkpoints"

    @property
    def arrays(self) -> Path:
        """Where `save_arrays` keeps signals and losses."""
        return self.path / "signals"

    @property
    def events(self) -> Path:
        """For people and plots; no decision reads it."""
        return self.path / "events.jsonl"

    @property
    def mixture(self) -> Path:
        return self.path / "mixture.json"

    @property
    def model(self) -> Path:
        return self.path / "model"

    @property
    def exports(self) -> Path:
        return self.path / "exports"

    @property
    def report(self) -> Path:
        return self.path / "report.html"

    def _create(self) -> None:
        new = not self.path.exists()
        self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        # First of all: it tells the next start that what else it finds here is ours.
        LOCAL_DISK.close(LOCAL_DISK.open(self.path / LOCK))
        for inner in (self.checkpoints, self.arrays):
            inner.mkdir(mode=0o700, exist_ok=True)
        LOCAL_DISK.sync_folder(self.path)
        if new:
            LOCAL_DISK.sync_folder(self.path.absolute().parent)


def _refuse_file_or_strangers(folder: RunFolder) -> None:
    if not folder.path.exists() and not folder.path.is_symlink():
        return
    if not folder.path.is_dir():
        raise ValueError(f"{folder.path} is not a directory; choose an empty or new directory.")
    with disk_errors(folder.path):
        names = LOCAL_DISK.names(folder.path)
    if names and not {LEDGER, LOCK} & set(names):
        files = "1 file" if len(names) == 1 else f"{len(names)} files"
        raise ValueError(f"{folder.path} holds {files} and no ledger; choose an empty directory.")
