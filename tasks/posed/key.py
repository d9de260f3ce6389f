"""What a posed task depends on, as one hash."""

from __future__ import annotations

import functools
import hashlib
from pathlib import Path

import numpy as np
import pydantic

from tasks.cards import Card, Source, SplitNames
from tasks.problems import InputError
from tasks.sources import commit_of
from tasks.sources.inside import inside
from tasks.user_cache import code_hash

_ROOT = Path(__file__).parents[1]
_FOLDERS = ("cards", "posed", "posing", "sources")
_FILES = (
    "drawn_rows.py",
    "example.py",
    "examples.py",
    "loading.py",
    "plain_value.py",
    "row_problems.py",
    "splits.py",
)
"""What reads and poses: nobody need remember to raise a version when it changes."""


def posed_key(card: Card, names: SplitNames, *, base: Path) -> str | None:
    """Sha256 (hex) of the card, its data and the code that poses; None where data cannot be known.

    The version of numpy counts too, for another one may draw other rows from the same seed.

    Args:
        card: Its every field counts, the description too.
        names: What its source calls the splits.
        base: The data folder.

    Returns:
        None for files that are not there, and for a data set of the hub whose commit the card
        leaves open while the hub cannot be asked.
    """
    try:
        digest = hashlib.sha256(f"{_code()} {np.__version__}\0".encode())
        digest.update(_cards().dump_json(card))
        digest.update(_of_data(card.source, names, base))
    except (OSError, InputError):  # reading the rows will say what is wrong
        return None
    return digest.hexdigest()


def _of_data(source: Source, names: SplitNames, base: Path) -> bytes:
    """The commit, or the bytes of every file."""
    if source.hub is not None:
        if (commit := commit_of(source)) is None:
            raise OSError("the hub cannot be asked")
        return commit.encode()
    digest = hashlib.sha256()
    for name in (names.train, names.validation, names.test):
        digest.update(f"\0{name}\0".encode())
        if name is not None:
            digest.update(_of_file(inside(base, name, key="source")))
    return digest.digest()


def _of_file(path: Path) -> bytes:
    if not path.is_file():  # a pipe would be waited for
        raise OSError(f"{path} is no file")
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").digest()


@functools.cache
def _cards() -> pydantic.TypeAdapter[Card]:
    return pydantic.TypeAdapter(Card)


@functools.cache
def _code() -> str:
    in_folders = (file for folder in _FOLDERS for file in sorted((_ROOT / folder).glob("*.py")))
    return code_hash(*in_folders, *(_ROOT / name for name in _FILES))
