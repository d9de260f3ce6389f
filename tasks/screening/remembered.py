"""Overlaps found before, on disk: a second start reads what the first one computed."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tasks.screening.overlap import Overlap
from tasks.user_cache import (
    cache_folder,
    code_hash,
    mark_used,
    remove_unused,
    warn_unwritable,
    written_whole,
)

_ROOT = Path(__file__).parent
_RULES = ("folding.py", "judged.py", "near.py", "overlap.py", "shingles.py")
"""What decides what counts as an overlap: when it changes, older files are not found."""
_CHECKSUM = hashlib.sha256().digest_size


@dataclass(frozen=True, slots=True)
class Compared:
    """What an overlap depends on."""

    train: str
    """`digest_of` the examples that are looked at."""
    judged: tuple[str, str]
    """`digest_of` the target's validation, and of its test."""
    is_own: bool
    """The examples are the target's own."""

    @property
    def key(self) -> str:
        rules = code_hash(*(_ROOT / name for name in _RULES))
        whole = "\n".join([rules, str(self.is_own), self.train, *self.judged])
        return hashlib.sha256(whole.encode()).hexdigest()


def overlaps_folder() -> Path:
    """Where overlaps are kept, a small file for each split and target; it need not exist."""
    return cache_folder() / "screened"


def recall(folder: Path, compared: Compared) -> Overlap | None:
    """What was remembered; None if nothing was, or if the file is damaged."""
    path = folder / compared.key
    try:
        content = path.read_bytes()
    except OSError:
        return None
    checksum, table = content[:_CHECKSUM], content[_CHECKSUM:]
    if hashlib.sha256(table).digest() != checksum:
        return None
    mark_used(path)
    rows, reasons, judged = np.frombuffer(table, dtype="<i8").reshape(3, -1)
    return Overlap(rows=rows, reasons=reasons, judged=judged)


def remember(folder: Path, compared: Compared, overlap: Overlap) -> None:
    """Keep an overlap; a folder that cannot be written costs one warning."""
    table = np.stack([overlap.rows, overlap.reasons, overlap.judged]).astype("<i8").tobytes()
    try:
        with written_whole(folder / compared.key) as file:
            file.write(hashlib.sha256(table).digest() + table)
        remove_unused(folder)
    except OSError as error:
        warn_unwritable(folder, str(error.strerror))  # the message itself holds a random name
