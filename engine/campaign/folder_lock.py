"""One writer a run folder: a lock that its holder cannot leave behind, however it ends."""

from __future__ import annotations

import errno
import fcntl
import os
import socket
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import ClassVar, Self

from engine.storage.disk import disk_errors

FILE_NAME = "ledger.lock"


class FolderInUseError(Exception):
    """Another process holds the run folder."""

    exit_code: ClassVar[int] = 17


class FolderLock:
    """The right to write into a run folder, until `release` or the end of the process."""

    def __init__(self, file: int) -> None:
        self._file = file

    @classmethod
    def take(cls, folder: Path) -> Self:
        """Lock `folder`, without waiting.

        Raises:
            FolderInUseError: Another process holds it; it is named.
            DiskError: The lock file cannot be opened.
            ValueError: The filesystem has no locks.
        """
        path = folder / FILE_NAME
        while True:
            with disk_errors(path):
                file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
            try:
                _flock(file, folder)
                if _is_at(path, file):
                    _name_holder(file)
                    _HELD.add(file)
                    return cls(file)
            except BaseException:
                os.close(file)
                raise
            # Somebody removed the file meanwhile: we hold one that nobody else will find.
            os.close(file)

    def release(self) -> None:
        """Let others write; may be called twice. The file stays: removing it would race."""
        if self._file in _HELD:
            os.ftruncate(self._file, 0)
            _HELD.discard(self._file)
            os.close(self._file)
        self._file = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.release()


_HELD: set[int] = set()
"""Descriptors of the locks of this process."""


def _close_in_child() -> None:
    # A forked child shares the lock and would hold it beyond its parent's end. Closing its
    # descriptor leaves the parent's lock alone.
    for file in _HELD:
        os.close(file)
    _HELD.clear()


os.register_at_fork(after_in_child=_close_in_child)


def _flock(file: int, folder: Path) -> None:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        holder = os.pread(file, 500, 0).decode(errors="replace").strip()
        raise FolderInUseError(
            f"{folder} is in use by {holder or 'a process that has just started'}; "
            "wait for it to end, or end it, and run the same command."
        ) from None
    except OSError as error:
        if error.errno not in (errno.ENOLCK, errno.ENOTSUP, errno.ENOSYS):
            raise
        raise ValueError(
            f"The filesystem of {folder} has no locks (flock: {error.strerror}), so two campaigns "
            "could damage each other there; choose a directory on a local disk."
        ) from error


def _is_at(path: Path, file: int) -> bool:
    try:
        return os.path.samestat(os.fstat(file), os.stat(path))
    except FileNotFoundError:
        return False


def _name_holder(file: int) -> None:
    now = datetime.now(UTC).isoformat(timespec="seconds")
    text = f"process {os.getpid()} on {socket.gethostname()} since {now}\n"
    os.ftruncate(file, 0)
    os.pwrite(file, text.encode(), 0)
