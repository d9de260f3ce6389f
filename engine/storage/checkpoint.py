"""Trained state on disk: safetensors under its own hash, whole or not there at all."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path

import safetensors.torch
import torch

from engine.storage import content_store
from engine.storage.content_store import DamagedFileError
from engine.storage.disk import LOCAL_DISK, Disk
from engine.training.jobs import CheckpointRef


class DamagedCheckpointError(DamagedFileError):
    """A checkpoint is missing or damaged; the message names the file and what to do."""


def save_checkpoint(
    state: Mapping[str, torch.Tensor], folder: Path, *, tag: str, disk: Disk = LOCAL_DISK
) -> CheckpointRef:
    """Keep `state` in `folder`; once this returns it survives a power loss.

    Equal state gives equal bytes and so the same file, from whatever device or order of names.

    Args:
        state: name -> tensor; at least one. May share memory, as tied weights do.
        folder: The run's checkpoints/, which exists. No other file there is touched.
        tag: Names the unfinished file, e.g. "r002-p1-a1".
        disk: Where.

    Raises:
        DiskError: Nothing was saved.
    """
    data = safetensors.torch.save({name: _plain(tensor) for name, tensor in state.items()})
    sha256 = content_store.store(data, folder, tag=tag, disk=disk)
    return CheckpointRef(sha256=sha256, num_bytes=len(data))


def load_checkpoint(
    folder: Path, sha256: str, *, disk: Disk = LOCAL_DISK
) -> dict[str, torch.Tensor]:
    """The state saved under `sha256`, on the CPU, names sorted; verified before it is parsed.

    Raises:
        DamagedCheckpointError: Missing, or not the content that was saved.
        ValueError: `sha256` is no hash.
        DiskError: It cannot be read.
    """
    try:
        data = content_store.fetch(folder, sha256, disk=disk)
    except DamagedFileError as error:
        raise DamagedCheckpointError(str(error)) from error
    return dict(sorted(safetensors.torch.load(data).items()))


def sweep(folder: Path, keep: Collection[str], *, disk: Disk = LOCAL_DISK) -> None:
    """Remove unfinished files, and checkpoints that are not in `keep`.

    Only for the holder of the run folder's lock, while no worker saves. See `content_store.sweep`.
    """
    content_store.sweep(folder, keep, disk=disk)


def _plain(tensor: torch.Tensor) -> torch.Tensor:
    # A copy of each: safetensors refuses tensors that share memory.
    return tensor.detach().cpu().clone(memory_format=torch.contiguous_format)
