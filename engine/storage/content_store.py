"""Files named by the hash of their content: written once, verified whenever they are read."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection
from pathlib import Path
from typing import ClassVar

from engine.storage.disk import Disk, disk_errors
from engine.storage.whole_file import TEMPORARY, write_whole

SUFFIX = ".safetensors"
_STORED = re.compile(rf"([0-9a-f]{{64}}){re.escape(SUFFIX)}")


class DamagedFileError(Exception):
    """A stored file is missing, or its content is not what its name says."""

    exit_code: ClassVar[int] = 4


def stored_path(folder: Path, sha256: str) -> Path:
    """Where the content with this hash lies.

    Raises:
        ValueError: No lower-case sha256; it might lead out of `folder`.
    """
    if not re.fullmatch(r"[0-9a-f]{64}", sha256):
        raise ValueError(f"{sha256!r:.80} is no sha256 (64 hex digits); it names no stored file.")
    return folder / f"{sha256}{SUFFIX}"


def store(data: bytes, folder: Path, *, tag: str, disk: Disk) -> str:
    """Keep `data` in `folder`; answer its sha256.

    Content that is there already, sound, is left alone; damaged, it is replaced.

    Raises:
        DiskError: Nothing was stored.
    """
    sha256 = hashlib.sha256(data).hexdigest()
    path = stored_path(folder, sha256)
    with disk_errors(path, num_bytes=len(data)):
        if _holds(path, data, disk):
            # Whoever put it there may not have come as far as this.
            disk.sync_folder(folder)
            return sha256
    write_whole(path, data, tag=tag, disk=disk)
    return sha256


def fetch(folder: Path, sha256: str, *, disk: Disk) -> bytes:
    """The content with this hash.

    Raises:
        DamagedFileError: It is missing, or what lies there has another hash.
        DiskError: It cannot be read.
    """
    path = stored_path(folder, sha256)
    with disk_errors(path):
        try:
            data = disk.read(path)
        except FileNotFoundError:
            raise DamagedFileError(f"{path} is missing; {_REMEDY}") from None
    found = hashlib.sha256(data).hexdigest()
    if found != sha256:
        raise DamagedFileError(
            f"{path} is damaged: its {len(data):,} bytes hash to {found[:12]}..., "
            f"not to {sha256[:12]}...; {_REMEDY}"
        )
    return data


def sweep(folder: Path, keep: Collection[str], *, disk: Disk) -> None:
    """Remove unfinished files, and stored ones that are not in `keep`; leave all else alone.

    Only for the holder of the run folder's lock, and only while no worker saves there.

    Args:
        folder: Holds the stored files.
        keep: Sha256 of what the ledger still refers to.
        disk: Where.

    Raises:
        DiskError: Some may remain; sweeping again is safe.
    """
    with disk_errors(folder):
        for name in sorted(disk.names(folder)):
            stored = _STORED.fullmatch(name)
            if stored and stored[1] not in keep:
                litter = f"{TEMPORARY}swept-{name}"
                disk.rename(folder / name, folder / litter)
                disk.remove(folder / litter)
            elif name.startswith(TEMPORARY):
                disk.remove(folder / name)
        disk.sync_folder(folder)


_REMEDY = (
    "restore it from a copy of the run folder and run the same command, or start anew in another "
    "folder."
)


def _holds(path: Path, data: bytes, disk: Disk) -> bool:
    try:
        return disk.read(path) == data
    except FileNotFoundError:
        return False
