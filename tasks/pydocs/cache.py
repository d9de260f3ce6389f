"""Mined functions on disk, so that the packages' source is read once."""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from tasks.pydocs.bodies import Body
from tasks.pydocs.docstrings import Described
from tasks.pydocs.functions import Function
from tasks.user_cache import cache_folder, written_whole

SUITE_VERSION = 2
"""Part of the cache's key and of every task's seed; to be raised when mining changes."""

_TUPLES = ("annotations", "arguments", "defaults")

_log = logging.getLogger(__name__)


def cached(versions: Mapping[str, str], mine: Callable[[], list[Function]]) -> Sequence[Function]:
    """Functions mined from these package versions: from disk, else by `mine`, then kept on disk.

    A damaged file is mined anew. A folder that cannot be written costs speed, nothing else.
    """
    path = cache_path(versions)
    try:
        return _read(path)
    except FileNotFoundError:
        _log.info("Mining the documented functions of %d packages, once.", len(versions))
    except (OSError, ValueError, KeyError, TypeError) as error:
        _log.warning("The cache %s is damaged (%s); mining anew.", path, error)
    functions = mine()
    try:
        _write(path, functions)
    except OSError as error:
        _log.warning("Cannot keep mined functions in %s (%s).", path, error)
    return functions


def cache_path(versions: Mapping[str, str]) -> Path:
    """Where functions of these versions are kept: one file for each set of versions."""
    key = json.dumps([SUITE_VERSION, sorted(versions.items())])
    name = f"pydocs-{hashlib.sha256(key.encode()).hexdigest()[:16]}.jsonl"
    return cache_folder() / name


def _read(path: Path) -> list[Function]:
    """The last line holds the number of functions, so that a cut file is noticed."""
    lines = path.read_text(encoding="utf-8").splitlines()
    functions = [_function(json.loads(line)) for line in lines[:-1]]
    if not lines or json.loads(lines[-1]) != {"count": len(functions)}:
        raise ValueError("its last line does not count its functions")
    return functions


def _function(row: dict[str, Any]) -> Function:
    row["body"] = Body(**row["body"] | {"uses": tuple(row["body"]["uses"])})
    row["described"] = tuple(Described(*item) for item in row["described"])
    return Function(**row | {key: tuple(row[key]) for key in _TUPLES})


def _write(path: Path, functions: list[Function]) -> None:
    with written_whole(path) as file:
        for function in functions:
            row = asdict(function)
            row["described"] = [list(item.values()) for item in row["described"]]
            file.write(f"{json.dumps(row)}\n".encode())
        file.write(f"{json.dumps({'count': len(functions)})}\n".encode())
