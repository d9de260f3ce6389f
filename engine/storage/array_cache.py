"""Arrays that can be made anew, in files that all processes of a machine map."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import numpy as np
import safetensors.numpy
from filelock import FileLock
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open

from tasks import mark_used, remove_unused, warn_unwritable, written_whole

Arrays = Mapping[str, NDArray[Any]]

_DIGEST = "sha256"

_log = logging.getLogger(__name__)


class ArrayCache:
    """Sets of arrays by key, one file each, in a folder that may be deleted at any time.

    A folder that cannot be written, or a damaged file, costs speed and a warning. Files that nobody
    used for sixty days go when others are written.
    """

    def __init__(self, folder: Path, *, patience_s: float = 600.0) -> None:
        """Name the folder, which need not exist.

        Args:
            folder: For these arrays alone.
            patience_s: How long to wait while another process makes what is asked for.
        """
        self._folder, self._patience_s = folder, patience_s

    def kept(self, key: str, make: Callable[[], Arrays]) -> Arrays:
        """The arrays of `key`: from their file, else from `make` and then kept there.

        One process of a machine makes them while others that ask for them wait.

        Args:
            key: A hash of all that the arrays depend on.
            make: Called at most once; what it raises is passed on, and nothing is kept.

        Returns:
            Mapped and not to be written to; as `make` gave them where they cannot be kept.
        """
        path = self._folder / f"{key}.safetensors"
        if (found := _mapped(path)) is not None:
            return found
        with _turn(path, self._patience_s):
            return _mapped(path) or _made(path, make)


def _made(path: Path, make: Callable[[], Arrays]) -> Arrays:
    if path.exists():
        _log.warning("%s is damaged; it is made anew.", path)
    arrays = make()
    metadata = {_DIGEST: _digest(arrays)}
    try:
        with written_whole(path) as file:
            file.write(safetensors.numpy.save(dict(arrays), metadata))
    except OSError as error:
        warn_unwritable(path.parent, str(error.strerror))
        return arrays
    remove_unused(path.parent)
    return _mapped(path) or arrays


def _mapped(path: Path) -> Arrays | None:
    """The arrays of a file; None where it is missing or not what was written."""
    try:
        # As torch's, for only these are mapped; the arrays share their memory.
        with safe_open(path, framework="pt") as file:
            arrays = {name: file.get_tensor(name).numpy() for name in file.keys()}  # noqa: SIM118
            metadata = file.metadata() or {}
    except (OSError, SafetensorError):
        return None
    if metadata.get(_DIGEST) != _digest(arrays):
        return None
    for array in arrays.values():
        array.flags.writeable = False
    mark_used(path)
    return arrays


def _digest(arrays: Arrays) -> str:
    digest = hashlib.sha256()
    for name, array in sorted(arrays.items()):
        digest.update(f"{name} {array.dtype} {array.shape}\n".encode())
        digest.update(np.ascontiguousarray(array).data)
    return digest.hexdigest()


@contextmanager
def _turn(path: Path, patience_s: float) -> Iterator[None]:
    """Hold the right to make a file; without it where there are no locks, or none in time."""
    lock = FileLock(path.with_suffix(".lock"), timeout=patience_s)
    with suppress(OSError, NotImplementedError):
        path.parent.mkdir(parents=True, exist_ok=True)
        lock.acquire()
    try:
        yield
    finally:
        if lock.is_locked:
            # Whoever waits for a file without a name tries again, and finds what was made.
            with suppress(OSError):
                Path(lock.lock_file).unlink()
            lock.release()
