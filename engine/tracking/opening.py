"""From the names in a campaign file to one reporter."""

from __future__ import annotations

import difflib
import os
import sys
from collections.abc import Iterable
from importlib import import_module
from pathlib import Path
from typing import Any, TextIO

from engine.tracking.events import Reporter
from engine.tracking.several import Several

NAMES = ("jsonl", "terminal", "wandb")


def open_reporters(
    names: Iterable[str], folder: Path, *, stream: TextIO | None = None, project: str = "sextant"
) -> Several:
    """One reporter for all of `names`; it never raises, whatever becomes of them.

    Args:
        names: Any of "terminal", "jsonl", "wandb"; none is fine.
        folder: The run folder, which exists.
        stream: Where the terminal reporter writes; none means standard output.
        project: The W&B project, unless WANDB_PROJECT names another.

    Raises:
        ValueError: If a name is not known.
    """
    several = Several()
    for name in dict.fromkeys(names):
        several.add(_open(name, folder, several=several, stream=stream, project=project))
    return several


def _open(
    name: str, folder: Path, *, several: Several, stream: TextIO | None, project: str
) -> Reporter:
    reporter: Reporter
    if name == "terminal":
        reporter = _terminal(stream or sys.stdout)
    elif name == "jsonl":
        reporter = _module("jsonl").JsonlReporter(folder / "events.jsonl")
    elif name == "wandb":
        reporter = _module("wandb").WandbReporter(folder, say=several.notice, project=project)
    else:
        raise ValueError(_unknown(name))
    return reporter


def _terminal(stream: TextIO) -> Reporter:
    live = stream.isatty() and os.environ.get("TERM") != "dumb"
    reporter: Reporter = (
        _module("terminal").TerminalReporter(stream)
        if live
        else _module("plain").PlainReporter(stream)
    )
    return reporter


def _module(name: str) -> Any:
    # By name and late: a pipe needs no progress display, and few campaigns need W&B.
    return import_module(f"engine.tracking.{name}")


def _unknown(name: str) -> str:
    near = difflib.get_close_matches(name, NAMES, n=1)
    hint = f" Did you mean {near[0]!r}?" if near else ""
    return f"report_to: there is no reporter {name!r}.{hint} Allowed: {', '.join(NAMES)}."
