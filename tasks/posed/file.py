"""One posed task as one Arrow file: a record batch for each split, the rest in its metadata."""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from tasks.cache_folder import written_whole
from tasks.posed.examples import SCHEMA, PosedExamples
from tasks.task import Split

_FORMAT = 1
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
            split: {"rows": len(it), "digest": it.digest, "in_folder": bool(it.folder)}
            for split, it in task.splits.items()
        },
    }
    schema = SCHEMA.with_metadata({_METADATA: json.dumps(metadata).encode()})
    with written_whole(path) as file, pa.ipc.new_file(file, schema) as writer:
        for examples in task.splits.values():
            writer.write_batch(examples.batch)


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
            return _task(pa.ipc.open_file(file), path, key=key, folder=folder)
    except (pa.ArrowException, LookupError, TypeError, ValueError, AttributeError) as error:
        raise DamagedFileError(f"{type(error).__name__}: {error}") from error


def _task(reader: Any, path: Path, *, key: str, folder: str) -> PosedTask:
    metadata = json.loads((reader.schema.metadata or {})[_METADATA])
    if (metadata["format"], metadata["key"]) != (_FORMAT, key):
        raise ValueError("it holds another task, or in another format")
    splits: dict[Split, PosedExamples] = {}
    for number, (split, said) in enumerate(metadata["splits"].items()):
        splits[split] = PosedExamples(
            _checked(reader.get_batch(number), said["rows"]),
            digest=said["digest"],
            folder=folder if said["in_folder"] else "",
            reopen=functools.partial(_split, path, split, key=key, folder=folder),
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
    # Reads every byte once, at gigabytes a second: offsets that lead nowhere would end the process.
    batch.validate(full=True)
    return batch


def _split(path: Path, split: Split, *, key: str, folder: str) -> PosedExamples:
    return read_posed(path, key=key, folder=folder).splits[split]
