"""What `datasets` keeps of the hub's data sets on this machine's disk, by commit."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import datasets
from datasets.naming import camelcase_to_snakecase
from datasets.packaged_modules.cache.cache import Cache


def kept_copy(name: str, *, config: str | None, revision: str | None) -> Any:
    """A builder over the copy, which asks nothing of the network; None if there is none.

    `datasets` itself, offline, gives whatever commit was used last, whichever was asked for.

    Args:
        name: With its owner.
        config: None for whatever is kept, if that is one configuration only.
        revision: None for the one used last.
    """
    copies = [
        copy
        for copy in _folder(name).glob("*/*/*")
        if (copy / "dataset_info.json").is_file()
        and config in (None, _config(copy))
        and revision in (None, copy.name)
    ]
    if len({_config(copy) for copy in copies}) != 1:
        return None
    copy = max(copies, key=os.path.getmtime)
    words = {"config_name": _config(copy), "version": copy.parent.name, "hash": copy.name}
    try:
        return Cache(repo_id=name, dataset_name=name.split("/")[-1], **words)
    except Exception:  # a damaged copy is none
        return None


def kept_commits(name: str) -> list[str]:
    """The commits of which at least a part is kept, sorted."""
    return sorted({copy.name for copy in _folder(name).glob("*/*/*") if copy.is_dir()})


def _folder(name: str) -> Path:
    *owner, rest = name.split("/")
    return Path(
        datasets.config.HF_DATASETS_CACHE, "___".join([*owner, camelcase_to_snakecase(rest)])
    )


def _config(copy: Path) -> str:
    return copy.parent.parent.name
