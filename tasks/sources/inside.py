"""Where a name that a card gives leads to: its data folder, and nowhere else."""

from __future__ import annotations

from pathlib import Path

from tasks.names import nearest
from tasks.problems import InputError, quoted


def inside(base: Path, name: str, *, key: str) -> Path:
    """The file or folder `name` of the data folder `base`.

    A card may be somebody else's, so it reaches nothing but what its user gave it, by no link
    either.

    Args:
        base: The data folder.
        name: Relative to it.
        key: Of the card, for messages.

    Raises:
        InputError: If it is not there or lies elsewhere.
    """
    path = base / name
    try:
        if not path.resolve().is_relative_to(base.resolve()):
            raise InputError(
                [
                    f"{key}: '{name}' lies outside the data folder {base}; move it there, or name "
                    "its folder as 'data' of the campaign (or with --data)."
                ]
            )
        if not path.exists():
            siblings = [p.name for p in path.parent.iterdir()] if path.parent.is_dir() else []
            raise InputError([f"{path}: no such file. {nearest(path.name, siblings)}".rstrip()])
    except (OSError, RuntimeError, ValueError) as error:  # no permission, a link to itself, NUL
        if isinstance(error, InputError):
            raise
        raise InputError([f"{key}: {quoted(name)} cannot be opened: {error}."]) from None
    return path
