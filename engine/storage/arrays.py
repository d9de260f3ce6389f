"""Arrays that a ledger line refers to: safetensors under their own hash."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import safetensors.numpy
from numpy.typing import NDArray

from engine.storage import content_store
from engine.storage.disk import LOCAL_DISK, Disk


def save_arrays(
    arrays: Mapping[str, NDArray[Any]], folder: Path, *, tag: str, disk: Disk = LOCAL_DISK
) -> str:
    """Keep `arrays` in `folder`; answer the sha256 under which `load_arrays` finds them.

    Equal arrays give equal bytes and so the same file. Not npz, whose archive holds the time.

    Args:
        arrays: name -> booleans, whole numbers or floats of any shape, NaN included.
        folder: The run's signals/, which exists.
        tag: Names the unfinished file, e.g. the job's key.
        disk: Where.

    Raises:
        ValueError: An array holds something else than numbers.
        DiskError: Nothing was saved.
    """
    for name, array in arrays.items():
        if array.dtype.kind not in "biuf":
            raise ValueError(f"Array {name!r} holds {array.dtype}; only numbers can be saved.")
    data = safetensors.numpy.save({name: np.array(a, order="C") for name, a in arrays.items()})
    return content_store.store(data, folder, tag=tag, disk=disk)


def load_arrays(folder: Path, sha256: str, *, disk: Disk = LOCAL_DISK) -> dict[str, NDArray[Any]]:
    """The arrays saved under `sha256`, names sorted; verified before they are parsed.

    Raises:
        DamagedFileError: Missing, or not the content that was saved.
        ValueError: `sha256` is no hash.
        DiskError: They cannot be read.
    """
    data = content_store.fetch(folder, sha256, disk=disk)
    return dict(sorted(safetensors.numpy.load(data).items()))
