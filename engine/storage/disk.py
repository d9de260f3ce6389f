"""The disk as the ledger and the checkpoints see it, and what is said when it fails."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import ClassVar, Protocol

SPARE_BYTES = 64_000_000
"""Free space asked for beyond what is being written: room for the next steps of a campaign."""


class Disk(Protocol):
    """The only way in which the ledger and the checkpoints touch files; tests make it fail.

    Every method may raise `OSError`. A file is named by the number that `open` answered.
    """

    def open(self, path: Path) -> int:
        """Open for appending; create it, for its owner only, where missing. Follows no symlink."""
        ...

    def write(self, file: int, data: bytes | memoryview) -> int:
        """Write once at the end; the count of bytes written may be short of `len(data)`."""
        ...

    def sync(self, file: int) -> None:
        """Return once the bytes of `file` survive a power loss."""
        ...

    def truncate(self, file: int, size: int) -> None: ...

    def close(self, file: int) -> None: ...

    def read(self, path: Path) -> bytes:
        """All bytes of a regular file; nothing else is opened, symlinks are not followed."""
        ...

    def rename(self, source: Path, target: Path) -> None:
        """Put `source` in place of `target` in one step, within one folder."""
        ...

    def remove(self, path: Path) -> None: ...

    def names(self, folder: Path) -> list[str]: ...

    def sync_folder(self, folder: Path) -> None:
        """Return once the names in `folder` survive a power loss."""
        ...


class LocalDisk:
    """The disk of this machine."""

    def open(self, path: Path) -> int:
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
        return os.open(path, flags, 0o600)

    def write(self, file: int, data: bytes | memoryview) -> int:
        return os.write(file, data)

    def sync(self, file: int) -> None:
        os.fdatasync(file)

    def truncate(self, file: int, size: int) -> None:
        os.ftruncate(file, size)

    def close(self, file: int) -> None:
        os.close(file)

    def read(self, path: Path) -> bytes:
        # Not blocking, or a FIFO put in the file's place would hang the campaign.
        flags = os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK
        with open(os.open(path, flags), "rb") as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise OSError(errno.EINVAL, "not a regular file", str(path))
            return file.read()

    def rename(self, source: Path, target: Path) -> None:
        os.rename(source, target)

    def remove(self, path: Path) -> None:
        os.unlink(path)

    def names(self, folder: Path) -> list[str]:
        return os.listdir(folder)

    def sync_folder(self, folder: Path) -> None:
        file = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(file)
        finally:
            os.close(file)


LOCAL_DISK = LocalDisk()


class DiskError(Exception):
    """The disk failed. Nothing acknowledged is lost; the same command goes on once it is mended.

    Deliberately no `OSError`: lost connections and timeouts are `OSError`s too, and whoever
    handles those must not swallow this.
    """

    exit_code: ClassVar[int] = 5


@contextmanager
def disk_errors(path: Path, *, num_bytes: int = 0) -> Iterator[None]:
    """Turn an `OSError` of the block into a `DiskError` that says what to do.

    Args:
        path: What was being read or written.
        num_bytes: Size of what was being written, for the space that has to be freed.
    """
    try:
        yield
    except OSError as error:
        raise disk_error(path, error, num_bytes=num_bytes) from error


def disk_error(path: Path, error: OSError, *, num_bytes: int = 0) -> DiskError:
    """The `DiskError` for `error`: the file, the cause, what to do."""
    megabytes = -(-(num_bytes + SPARE_BYTES) // 1_000_000)
    cause, remedy = _REMEDIES.get(error.errno or 0, (error.strerror or str(error), "mend this"))
    if error.errno == errno.ENOSPC and _out_of_inodes(path.parent):
        cause, remedy = "the disk has no inodes left", "delete files that are not needed"
    return DiskError(f"{path}: {cause}; {remedy.format(mb=megabytes)} and run the same command.")


_REMEDIES = {
    errno.ENOSPC: ("disk full", "free {mb} MB"),
    errno.EDQUOT: ("your disk quota is used up", "free {mb} MB of it"),
    errno.EFBIG: ("file size limit reached", "raise it (ulimit -f)"),
    errno.EROFS: ("the disk is read-only", "remount it writable"),
    errno.EACCES: ("permission denied", "give yourself the right to write there"),
    errno.EPERM: ("permission denied", "give yourself the right to write there"),
    errno.EIO: ("the disk reports an I/O error", "move the folder to a sound disk"),
    errno.ELOOP: ("is a symbolic link", "put the file itself there"),
}


def _out_of_inodes(folder: Path) -> bool:
    with suppress(OSError):
        space = os.statvfs(folder)
        # Filesystems without a fixed number of inodes report 0 of 0.
        return space.f_files > 0 and space.f_favail == 0
    return False
