"""Rows of a split, from files or from the hub; nothing in a data set is run."""

from __future__ import annotations

from pathlib import Path

from tasks.cards import Source, SplitNames
from tasks.sources.files import read_file
from tasks.sources.folder import splits_in_folder
from tasks.sources.table import Table


def split_names(source: Source, *, base: Path) -> SplitNames:
    """What the source calls its splits, to be given to `read_table`; None for what it lacks.

    Args:
        source: Of a card.
        base: The data folder, for a source that is a folder.

    Raises:
        InputError: If the folder is not there or does not hold one file a split.
    """
    if source.folder is not None:
        return splits_in_folder(source.folder, base=base)
    return source.files or source.splits


def commit_of(source: Source) -> str | None:
    """The commit that would be read, for a hub's data set; one that a card leaves open is asked.

    Returns:
        40 hex digits; None for files, and where the hub cannot be reached.

    Raises:
        InputError: If the hub knows no such data set.
    """
    if source.hub is None or source.revision is not None:
        return source.revision
    from tasks.sources.hub_commit import UnreachableError, commit_on_hub

    try:
        return commit_on_hub(source.hub, revision=None).sha
    except UnreachableError:
        return None


def read_table(source: Source, split: str, *, base: Path) -> Table:
    """The rows of one split.

    Args:
        source: Of a card.
        split: What the source calls the split: a file, or the hub's name.
        base: The data folder; no file outside it is read.

    Raises:
        InputError: If the split is not there, holds no row or cannot be read.
    """
    if source.hub is None:
        return read_file(split, base=base)
    # Late, for `datasets` takes a second to import and files of one's own need none of it.
    from tasks.sources.hub import read_hub

    return read_hub(source, split)
