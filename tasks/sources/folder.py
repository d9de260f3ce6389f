"""A folder with one file a split, named after it."""

from __future__ import annotations

from pathlib import Path

from tasks.cards import SplitNames
from tasks.problems import InputError
from tasks.sources.files import SUFFIXES, suffix_of
from tasks.sources.inside import inside

_STEMS = {
    "train": ("train",),
    "validation": ("validation", "valid", "val", "dev"),
    "test": ("test",),
}


def splits_in_folder(name: str, *, base: Path) -> SplitNames:
    """The split's files in the folder `name` of the data folder; other files are let be.

    Raises:
        InputError: If the folder is not there, two files claim a split, or none is the train split.
    """
    folder = inside(base, name, key="source.folder")
    if not folder.is_dir():
        raise InputError([f"{folder}: expected a folder; name a file under 'source.files'."])
    try:
        present = sorted(path.name for path in folder.iterdir())
    except OSError as error:
        raise InputError([f"{folder}: cannot be read: {error.strerror}."]) from None
    found = {split: _files_of(split, present) for split in _STEMS}
    _refuse_wrong_counts(folder, present, found)
    first = {split: str(Path(name, files[0])) for split, files in found.items() if files}
    return SplitNames(**first)


def _files_of(split: str, present: list[str]) -> list[str]:
    """Whatever the letter case, and the kind of file."""
    stems = ((one, suffix_of(one)) for one in present)
    return [one for one, suffix in stems if suffix and one.lower()[: -len(suffix)] in _STEMS[split]]


def _refuse_wrong_counts(folder: Path, present: list[str], found: dict[str, list[str]]) -> None:
    problems = [
        f"{folder}: {len(files)} files for the split '{split}': {', '.join(files)}. Keep one, or "
        "name the right one under 'source.files'."
        for split, files in found.items()
        if len(files) > 1
    ]
    if not found["train"]:
        holds = ", ".join(present[:10]) + (", ..." if len(present) > 10 else "")
        problems.append(
            f"{folder}: no file for the split 'train': expected 'train' and one of {SUFFIXES}. "
            f"The folder holds: {holds or 'nothing'}."
        )
    if problems:
        raise InputError(problems)
