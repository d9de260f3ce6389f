"""Events as JSON lines: what happened when, for other programmes. No truth: that is the ledger."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pydantic_core import to_jsonable_python

from engine.tracking.events import Event


class JsonlReporter:
    """Appends one line an event, flushed. `event` names its class, `time_utc` is for people."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = path.open("a+b")
        self._end_torn_line()

    def report(self, event: Event) -> None:
        self._file.write(line_of(event).encode(errors="replace") + b"\n")
        self._file.flush()

    def close(self) -> None:
        self._file.close()

    def _end_torn_line(self) -> None:
        # A killed process may have left half a line; what follows must not be glued to it.
        size = self._file.seek(0, 2)
        if size:
            self._file.seek(size - 1)
            if self._file.read(1) != b"\n":
                self._file.write(b"\n")


def line_of(event: Event) -> str:
    """Strict JSON; numbers that are not finite become null."""
    facts = to_jsonable_python(event, inf_nan_mode="null", fallback=_plain)
    now = datetime.now(UTC).isoformat(timespec="milliseconds")
    line = {"event": type(event).__name__, "time_utc": now, **facts}
    return json.dumps(line, ensure_ascii=False, allow_nan=False)


def _plain(value: object) -> Any:
    return dict(value) if isinstance(value, Mapping) else str(value)
