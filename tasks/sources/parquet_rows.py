"""Rows of a parquet file.

pyarrow reads it at once and leaves nothing on disk. `datasets` would write a second copy into the
user's cache, or, streaming, take over ten times as long.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from tasks.problems import InputError
from tasks.sources.arrow_rows import ArrowRows, checked
from tasks.sources.table import Table
from tasks.sources.wording import first_line


def read_parquet(path: Path) -> Table:
    """All rows, and the label names that `datasets` wrote into the file's schema.

    Raises:
        InputError: If the file is no parquet file, or damaged.
    """
    try:
        with pq.ParquetFile(path, page_checksum_verification=True) as file:
            table, promised = file.read(), file.metadata.num_rows
    except Exception as error:  # Arrow's errors, OSError, MemoryError, ... for damaged files
        raise InputError([f"{path}: not a readable parquet file: {first_line(error)}"]) from error
    if table.num_rows != promised:
        raise InputError([f"{path}: damaged: {table.num_rows} rows instead of {promised}."])
    return Table(
        rows=ArrowRows(checked(table, str(path))),
        place=lambda row: f"{path}: row {row + 1}",
        declared=_declared(table.schema),
    )


def _declared(schema: pa.Schema) -> Mapping[str, tuple[str, ...]]:
    """Columns whose label names `datasets` declared; metadata of another form says nothing."""
    try:
        written = json.loads((schema.metadata or {})[b"huggingface"])
        features: dict[str, Any] = dict(written["info"]["features"])
    except (KeyError, TypeError, ValueError, RecursionError):
        return {}
    named = {column: _label_names(features.get(column)) for column in schema.names}
    return {column: names for column, names in named.items() if names}


def _label_names(feature: object) -> tuple[str, ...]:
    if not isinstance(feature, dict) or feature.get("_type") != "ClassLabel":
        return ()
    names = feature.get("names")
    is_list = isinstance(names, list) and all(isinstance(name, str) for name in names)
    return tuple(names) if is_list and names else ()
