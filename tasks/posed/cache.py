"""Pose a task once; later starts map it from disk."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path

from tasks.cards import Card, SplitNames
from tasks.posed.examples import in_folder
from tasks.posed.file import DamagedFileError, PosedTask, read_posed, write_posed
from tasks.posed.key import posed_key
from tasks.user_cache import (
    cache_folder,
    mark_used,
    remove_unused,
    warn_unwritable,
)

_log = logging.getLogger(__name__)


def posed_once(
    card: Card, names: SplitNames, pose_task: Callable[[], PosedTask], *, base: Path
) -> PosedTask:
    """The posed task from `posed/` of the cache folder, else from `pose_task`, and then kept there.

    One file a task, named by a hash of card, data and code. Files that no start used for sixty days
    go when another is written. A file that is damaged or cannot be written costs speed and a
    warning.

    Args:
        card: Of the task.
        names: What its source calls the splits.
        pose_task: Reads and poses; its errors are passed on, and nothing is kept.
        base: The data folder.
    """
    key = posed_key(card, names, base=base)
    if key is None:
        return pose_task()
    path = cache_folder() / "posed" / f"{card.name}-{key[:32]}.arrow"
    folder = in_folder(base)
    if (kept := _kept(path, key, folder)) is not None:
        return kept
    posed = pose_task()
    # The data may have changed since it was hashed.
    if posed_key(card, names, base=base) != key or not _keep(path, posed, key):
        return posed
    return _kept(path, key, folder) or posed


def _kept(path: Path, key: str, folder: str) -> PosedTask | None:
    try:
        posed = read_posed(path, key=key, folder=folder)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, DamagedFileError) as error:
        _log.warning("%s cannot be used (%s); the task is posed anew.", path, error)
        return None
    mark_used(path)
    return posed


def _keep(path: Path, posed: PosedTask, key: str) -> bool:
    try:
        write_posed(path, posed, key=key)
    except OSError as error:
        warn_unwritable(path.parent, str(error.strerror))
        return False
    remove_unused(path.parent)
    return True
