"""A disk in memory that fails, tears and forgets on demand: what tests crash the ledger on."""

from __future__ import annotations

import errno
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path


class CrashError(BaseException):
    """The machine lost power. No handler for errors may see it."""


@dataclass
class _Content:
    data: bytes = b""
    synced: bytes = b""


@dataclass(frozen=True)
class Survival:
    """What a power loss leaves of what was written but not synced."""

    share: float
    """Of the bytes after the synced ones."""
    names: bool
    """Whether files created and renamed since the last sync of the folder are found."""
    zeros: bool = False
    """The rest has its length but not its bytes."""
    but: int = 0
    """Bytes fewer than `share`."""


SURVIVALS = (
    Survival(share=0, names=False),
    Survival(share=0, names=True),
    Survival(share=0.1, names=True),
    Survival(share=0.5, names=True),
    Survival(share=0.9, names=False),
    Survival(share=1, names=True, but=1),
    Survival(share=1, names=True),
    Survival(share=0.5, names=True, zeros=True),
)


@dataclass
class FaultyDisk:
    """Implements `engine.storage.disk.Disk`; one folder, named by its path."""

    crash_at: int = -1
    """Number of the operation, from 0, in the middle of which power is lost."""
    errors: Mapping[int, int] = field(default_factory=dict)
    """Operation -> errno it fails with; a failing sync keeps nothing."""
    short: Mapping[int, int] = field(default_factory=dict)
    """Write operation -> bytes that it takes, answering that count."""
    operations: int = 0
    log: list[str] = field(default_factory=list)
    _names: dict[Path, _Content] = field(default_factory=dict)
    _synced_names: dict[Path, _Content] = field(default_factory=dict)
    _open: dict[int, _Content] = field(default_factory=dict)

    def after_crash(self, survival: Survival) -> FaultyDisk:
        """A sound disk with what survived."""
        names = self._names if survival.names else self._synced_names
        kept = {path: _Content(left, left) for path, left in _left(names, survival).items()}
        return FaultyDisk(_names=kept, _synced_names=dict(kept))

    def after_kill(self) -> FaultyDisk:
        """The same disk after the process was killed and power stayed: nothing is forgotten."""
        return FaultyDisk(_names=dict(self._names), _synced_names=dict(self._synced_names))

    def put(self, path: Path, data: bytes) -> None:
        """A file that was there from the beginning."""
        self._names[path] = self._synced_names[path] = _Content(data, data)

    def open(self, path: Path) -> int:
        self._operate("open")
        if path not in self._names:
            self._names[path] = _Content()
        file = max(self._open, default=2) + 1
        self._open[file] = self._names[path]
        return file

    def write(self, file: int, data: bytes | memoryview) -> int:
        number = self.operations
        content, taken = self._open[file], bytes(data)[: self.short.get(number, len(data))]
        if self.crash_at == number:
            content.data += taken
        self._operate("write")
        content.data += taken
        return len(taken)

    def sync(self, file: int) -> None:
        self._operate("sync")
        self._open[file].synced = self._open[file].data

    def truncate(self, file: int, size: int) -> None:
        self._operate("truncate")
        self._open[file].data = self._open[file].data[:size]

    def close(self, file: int) -> None:
        del self._open[file]

    def read(self, path: Path) -> bytes:
        self._operate("read")
        return self._found(path).data

    def rename(self, source: Path, target: Path) -> None:
        self._operate("rename")
        self._found(source)
        self._names[target] = self._names.pop(source)

    def remove(self, path: Path) -> None:
        self._operate("remove")
        self._found(path)
        del self._names[path]

    def names(self, folder: Path) -> list[str]:
        self._operate("names")
        return [path.name for path in self._names if path.parent == folder]

    def sync_folder(self, folder: Path) -> None:
        self._operate("sync_folder")
        self._synced_names = dict(self._names)

    def _found(self, path: Path) -> _Content:
        if path not in self._names:
            raise FileNotFoundError(errno.ENOENT, "No such file", str(path))
        return self._names[path]

    def _operate(self, name: str) -> None:
        number, self.operations = self.operations, self.operations + 1
        self.log.append(name)
        if number == self.crash_at:
            raise CrashError
        if number in self.errors:
            raise OSError(self.errors[number], os.strerror(self.errors[number]))


def _left(names: Mapping[Path, _Content], survival: Survival) -> dict[Path, bytes]:
    return {path: _surviving(content, survival) for path, content in names.items()}


def _surviving(content: _Content, survival: Survival) -> bytes:
    if not content.data.startswith(content.synced):  # truncated since
        return content.data if survival.share >= 0.5 else content.synced
    rest = content.data[len(content.synced) :]
    kept = rest[: max(0, int(len(rest) * survival.share) - survival.but)]
    zeros = bytes(len(rest) - len(kept)) if survival.zeros else b""
    return content.synced + kept + zeros
