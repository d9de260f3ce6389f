"""One posed task as one Arrow file: a record batch for each split, the rest in its metadata."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from tasks.posed.examples import SCHEMA, PosedExamples
from tasks.task import Split
from tasks.user_cache import written_whole

_FORMAT = 2
_CHECKSUM = hashlib.sha256().digest_size
_METADATA = b"sextant"


class DamagedFileError(ValueError):
    """A file that does not hold the posed task that its name promises."""


@dataclass(frozen=True, kw_only=True)
class PosedTask:
    """What a card and its rows came to."""

    labels: tuple[str, ...]
    source: str
    """Where the rows come from, as a person says it."""
    left_out: Mapping[Split, int]
    """split -> rows that no example could be made of; splits that lost none are absent."""
    splits: Mapping[Split, PosedExamples]


def write_posed(path: Path, task: PosedTask, *, key: str) -> None:
    """Keep a task under its key.

    Raises:
        OSError: If it cannot be written.
    """
    metadata = {
        "format": _FORMAT,
        "key": key,
        "labels": task.labels,
        "source": task.source,
        "left_out": dict(task.left_out),
        "splits": {
            split: {"rows": len(it), "digest": it.digest, "in_folder": it.folder is not None}
            for split, it in task.splits.items()
        },
    }
    schema = SCHEMA.with_metadata({_METADATA: json.dumps(metadata).encode()})
    with written_whole(path) as file:
        with pa.ipc.new_file(file, schema) as writer:
            for examples in task.splits.values():
                writer.write_batch(examples.batch)
        file.seek(0)
        checksum = hashlib.file_digest(file, "sha256").digest()
        file.seek(0, os.SEEK_END)
        file.write(checksum)


def read_posed(path: Path, *, key: str, folder: str) -> PosedTask:
    """Map a kept task into memory; its rows are read when they are asked for.

    Args:
        path: Of the file.
        key: Under which it was kept.
        folder: The data folder as places are to name it, such as "data/".

    Raises:
        FileNotFoundError, OSError: If it is not there, or Arrow cannot make sense of it.
        DamagedFileError: If it is not whole, or another.
    """
    try:
        with pa.memory_map(str(path)) as file:
            reader = pa.ipc.open_file(pa.BufferReader(_intact(file.read_buffer())))
            return _task(reader, key=key, folder=folder)
    except (pa.ArrowException, LookupError, TypeError, ValueError, AttributeError) as error:
        raise DamagedFileError(f"{type(error).__name__}: {error}") from error


def _intact(content: Any) -> Any:
    """What comes before the checksum; nothing is copied.

    A flipped bit may leave a table in order and one of its texts or labels another, and offsets
    that lead nowhere would end the process.
    """
    body = content.slice(0, max(len(content) - _CHECKSUM, 0))
    if hashlib.sha256(body).digest() != content.slice(len(body)).to_pybytes():
        raise ValueError("its checksum is wrong")
    return body


def _task(reader: Any, *, key: str, folder: str) -> PosedTask:
    metadata = json.loads((reader.schema.metadata or {})[_METADATA])
    if (metadata["format"], metadata["key"]) != (_FORMAT, key):
        raise ValueError("it holds another task, or in another format")
    splits: dict[Split, PosedExamples] = {}
    for number, (split, said) in enumerate(metadata["splits"].items()):
        splits[split] = PosedExamples(
            _checked(reader.get_batch(number), said["rows"]),
            digest=said["digest"],
            folder=folder if said["in_folder"] else None,
        )
    return PosedTask(
        labels=tuple(metadata["labels"]),
        source=metadata["source"],
        left_out=metadata["left_out"],
        splits=splits,
    )


def _checked(batch: Any, num_rows: int) -> Any:
    if batch.num_rows != num_rows or not batch.schema.equals(SCHEMA, check_metadata=False):
        raise ValueError(
            f"it holds {batch.num_rows} rows or other columns; {num_rows} were written"
        )
    return batch
