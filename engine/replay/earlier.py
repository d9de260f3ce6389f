"""What lies where a replay is to be written: another's results are not written over."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from engine.comparing.comparison import FILE_NAME as COMPARISON
from engine.ledger.ledger import FILE_NAME as LEDGER
from engine.replay.writing import METADATA, ROWS
from tasks import InputError

_DERIVED = {"assumptions"}
"""Told in the files, but no setting: they follow from the table and the settings."""


def check_replay_folder(out: Path, told: Mapping[str, Any]) -> None:
    """Refuse a folder that holds something else than a replay with the same settings.

    Args:
        out: May not exist yet.
        told: The settings, as JSON values.

    Raises:
        InputError: It holds a campaign, a comparison, or a replay that differs; or cannot be read.
    """
    for name, what in ((LEDGER, "a campaign"), (COMPARISON, "a comparison")):
        if (out / name).is_file():
            raise InputError(
                [f"--out: '{out}' holds {what} ({name}); choose another directory for a replay."]
            )
    before, now = _settings_in(out / ROWS), json.loads(json.dumps(told))
    if before is not None and before != now:
        raise InputError(
            [
                f"--out: '{out}' holds a replay that differs: {_differences(before, now)}."
                " Choose another --out, or the same settings."
            ]
        )


def _differences(before: Mapping[str, Any], now: Mapping[str, Any]) -> str:
    return "; ".join(
        f"{key}: {before.get(key)!r} -> {now.get(key)!r}"
        for key in {**before, **now}
        if before.get(key) != now.get(key)
    )


def _settings_in(path: Path) -> dict[str, Any] | None:
    """Those of the replay that wrote this file; None where there is none."""
    if not path.is_file():
        return None
    try:
        metadata = pq.read_schema(path).metadata or {}
        found = json.loads(metadata[METADATA.encode()])
    except (OSError, pa.ArrowException, KeyError, ValueError) as error:
        raise InputError(
            [f"--out: '{path}' is not as a replay writes it; choose another directory."]
        ) from error
    return {key: value for key, value in found.items() if key not in _DERIVED}
