"""The ledger: an append-only file of checksummed lines, the only truth about a campaign."""

from __future__ import annotations

import errno
import logging
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Protocol, Self

from engine.ledger.line_format import Tip, encode
from engine.ledger.order import LedgerOrder
from engine.ledger.reading import LedgerContent, parse_ledger
from engine.ledger.records import Record
from engine.storage.disk import LOCAL_DISK, Disk, DiskError, disk_error, disk_errors
from engine.storage.whole_file import write_whole

FILE_NAME = "ledger.jsonl"

Clock = Callable[[], datetime]
"""The time of day, for people; no decision reads it."""

logger = logging.getLogger(__name__)


def utc_now() -> datetime:
    """The clock of the ledger's time stamps, which no decision reads."""
    return datetime.now(UTC)


class Recorder(Protocol):
    """Where a campaign's records go: a ledger in a run folder, or in memory."""

    @property
    def records(self) -> tuple[Record, ...]:
        """All that were appended, oldest first."""
        ...

    def append(self, record: Record) -> None:
        """Add `record`; once this returns, it counts.

        Raises:
            ValueError: It cannot be written as JSON, or cannot come next.
        """
        ...


class Ledger:
    """The ledger of a run folder, open for appending.

    Hold the folder's lock while it is open: two writers would damage it.
    """

    def __init__(
        self, path: Path, file: int, content: LedgerContent, *, disk: Disk, clock: Clock
    ) -> None:
        self._path = path
        self._file = file
        self._disk = disk
        self._clock = clock
        self._records = list(content.records)
        self._tip = content.tip
        self._order = content.order
        self._num_bytes = content.num_bytes
        self._stopped = ""

    @classmethod
    def open(cls, folder: Path, *, disk: Disk = LOCAL_DISK, clock: Clock = utc_now) -> Self:
        """Read and check every line; set an unfinished last one aside; be ready to append.

        Args:
            folder: The run folder, whose lock the caller holds; an absent ledger is created.
            disk: Where.
            clock: Stamps each line.

        Raises:
            LedgerDamagedError: A finished line fails a check; nothing was changed.
            ValueError: The ledger has a newer schema.
            DiskError: It cannot be read, or not be made ready.
        """
        path = folder / FILE_NAME
        with disk_errors(path):
            content = parse_ledger(_read_if_there(path, disk), path)
            if content.torn:
                _set_aside(content, folder, disk)
            file = _open_whole(path, content, disk)
        return cls(path, file, content, disk=disk, clock=clock)

    @property
    def records(self) -> tuple[Record, ...]:
        return tuple(self._records)

    def append(self, record: Record) -> None:
        """Add `record` and return once it survives a power loss.

        Raises:
            ValueError: It cannot be written as JSON, or cannot come next; the ledger is as before.
            DiskError: It does not count, and this ledger takes no further record.
        """
        if self._stopped:
            raise DiskError(self._stopped)
        line, tip = _next_line(record, self._tip, self._order, self._clock)
        # Stands whenever this is left by an exception, an interrupt included.
        self._stopped = f"{self._path}: an append was interrupted; run the same command again."
        self._write(line)
        self._stopped = ""
        self._tip = tip
        self._num_bytes += len(line)
        self._order.accept(record)
        self._records.append(record)

    def close(self) -> None:
        """Give the file back; may be called twice. What was appended is safe already."""
        if self._file >= 0:
            self._disk.close(self._file)
        self._file = -1
        self._stopped = self._stopped or f"{self._path}: the ledger was closed."

    def _write(self, line: bytes) -> None:
        try:
            written = self._disk.write(self._file, line)
            if written != len(line):
                # A full disk takes part of a line without an error.
                raise OSError(errno.ENOSPC, f"{written} of {len(line)} bytes were written")
            self._disk.sync(self._file)
        except OSError as error:
            # No second sync: after a failed one the kernel may have dropped the bytes, and a
            # later "success" would say nothing about them.
            with suppress(OSError):
                self._disk.truncate(self._file, self._num_bytes)
            failure = disk_error(self._path, error)
            self._stopped = str(failure)
            raise failure from error


def read_ledger(path: Path, *, disk: Disk = LOCAL_DISK) -> tuple[Record, ...]:
    """The records of a ledger, also of one that a campaign is writing; takes no lock.

    Lines dropped from the very end cannot be noticed: a ledger may end after any line.

    Raises:
        LedgerDamagedError: A finished line is not as it was written.
        ValueError: There is no ledger, or one of a newer schema.
        DiskError: It cannot be read.
    """
    with disk_errors(path):
        try:
            data = disk.read(path)
        except FileNotFoundError:
            raise ValueError(f"{path}: no ledger there; name the folder of a campaign.") from None
    return parse_ledger(data, path).records


class MemoryLedger:
    """A ledger that is gone with its process: for replay and tests. Refuses what a file would."""

    def __init__(self) -> None:
        self._records: list[Record] = []
        self._tip = Tip()
        self._order = LedgerOrder()

    @property
    def records(self) -> tuple[Record, ...]:
        return tuple(self._records)

    def append(self, record: Record) -> None:
        _, self._tip = _next_line(record, self._tip, self._order, utc_now)
        self._order.accept(record)
        self._records.append(record)


def _next_line(record: Record, tip: Tip, order: LedgerOrder, clock: Clock) -> tuple[bytes, Tip]:
    if trouble := order.trouble(record):
        raise ValueError(f"The ledger refuses this record: {trouble}.")
    return encode(record, tip, time_utc=clock().isoformat(timespec="milliseconds"))


def _read_if_there(path: Path, disk: Disk) -> bytes:
    try:
        return disk.read(path)
    except FileNotFoundError:
        return b""


def _open_whole(path: Path, content: LedgerContent, disk: Disk) -> int:
    file = disk.open(path)
    try:
        if content.torn:
            disk.truncate(file, content.num_bytes)
        # Lines whose append was killed before its sync are acted upon from here on, and the
        # file's very name may not be on disk yet.
        disk.sync(file)
        disk.sync_folder(path.parent)
    except OSError:
        disk.close(file)
        raise
    return file


def _set_aside(content: LedgerContent, folder: Path, disk: Disk) -> None:
    first = f"ledger.torn-{content.tip.seq + 1}"
    taken = set(disk.names(folder))
    for n in count(1):
        name = first if n == 1 else f"{first}.{n}"
        if name not in taken:
            write_whole(folder / name, content.torn, disk=disk)
            break
        if disk.read(folder / name) == content.torn:
            break
    logger.warning(
        "The last line of %s was unfinished (%d bytes); it was never acknowledged and is kept in "
        "%s.",
        folder / FILE_NAME,
        len(content.torn),
        name,
    )
