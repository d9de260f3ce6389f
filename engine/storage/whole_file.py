"""Writing a file so that a reader finds it whole or not at all."""

from __future__ import annotations

import errno
import secrets
from contextlib import suppress
from pathlib import Path

from engine.storage.disk import LOCAL_DISK, Disk, disk_errors

TEMPORARY = ".tmp-"
"""How names of unfinished files begin; after a crash they are litter."""


def write_whole(path: Path, data: bytes, *, tag: str = "", disk: Disk = LOCAL_DISK) -> None:
    """Put `data` at `path`, replacing what is there, and return once it survives a power loss.

    Args:
        path: Its folder exists.
        data: The whole content.
        tag: Names the unfinished file, so that litter tells whose it was; empty: `path`'s name.
        disk: Where.

    Raises:
        DiskError: `path` is as it was before.
    """
    # Beside the target, never in a shared temporary folder: a rename must stay on one disk.
    temporary = path.parent / f"{TEMPORARY}{tag or path.name}-{secrets.token_hex(4)}"
    with disk_errors(path, num_bytes=len(data)):
        try:
            _write_and_sync(temporary, data, disk)
            disk.rename(temporary, path)
        except OSError:
            with suppress(OSError):
                disk.remove(temporary)
            raise
        disk.sync_folder(path.parent)


def _write_and_sync(path: Path, data: bytes, disk: Disk) -> None:
    file = disk.open(path)
    try:
        rest = memoryview(data)
        while rest:
            count = disk.write(file, rest)
            if count == 0:
                raise OSError(errno.ENOSPC, "nothing was written")
            rest = rest[count:]
        disk.sync(file)
    finally:
        disk.close(file)
