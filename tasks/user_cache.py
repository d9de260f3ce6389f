"""Where is kept what can be made anew: a folder that may be deleted at any time."""

from __future__ import annotations

import contextlib
import functools
import hashlib
import logging
import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from io import BufferedRandom
from pathlib import Path

_UNUSED_S = 60 * 24 * 3600
"""Sixty days: longer than a project rests between two campaigns."""

_log = logging.getLogger(__name__)


def cache_folder() -> Path:
    """`$XDG_CACHE_HOME/sextant`, else `~/.cache/sextant`; it need not exist."""
    root = Path(os.environ.get("XDG_CACHE_HOME", ""))
    try:
        # A relative one is to be ignored, says its specification; workers start in other folders.
        return (root if root.is_absolute() else Path.home() / ".cache") / "sextant"
    except RuntimeError:  # a user without a home: nothing can be kept, and nothing need be
        return Path(os.devnull) / "sextant"


@contextmanager
def written_whole(path: Path) -> Iterator[BufferedRandom]:
    """A file that takes its name once it is complete, whoever else writes it meanwhile.

    Raises:
        OSError: If the folder cannot be made or written; nothing is left behind.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=path.stem, suffix=".part")
    try:
        with os.fdopen(handle, "w+b") as file:
            yield file
        os.replace(temporary, path)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(temporary)
        raise


@functools.cache
def code_hash(*files: Path) -> str:
    """Sha256 (hex) of source files, for the key of what they make."""
    digest = hashlib.sha256()
    for file in files:
        digest.update(file.read_bytes())
    return digest.hexdigest()


def mark_used(path: Path) -> None:
    """Keep a file from `remove_unused`."""
    with contextlib.suppress(OSError):  # a cache that is only read is of use, too
        os.utime(path)


def remove_unused(folder: Path) -> None:
    """Delete the files of a folder that nobody wrote or marked for sixty days."""
    oldest = time.time() - _UNUSED_S
    with contextlib.suppress(OSError):
        for path in folder.iterdir():
            if path.is_file() and path.stat().st_mtime < oldest:
                path.unlink(missing_ok=True)


@functools.cache
def warn_unwritable(folder: Path, reason: str) -> None:
    """Say once, not for every file, that nothing can be kept."""
    _log.warning("Nothing can be kept in %s (%s); every start will be a slow one.", folder, reason)
