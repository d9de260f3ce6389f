"""Progress while a pool is read: a bar on a terminal, nothing in a pipe."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from engine.wording import printable
from tasks import OnTask


@contextmanager
def loading_bar() -> Iterator[OnTask | None]:
    """A callback for `load_pool`: name of the task that is read, its number, of how many."""
    if not sys.stderr.isatty():
        yield None
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=Console(file=sys.stderr), transient=True) as progress:
        bar = progress.add_task("reading", total=None)

        def show(name: str, number: int, of: int) -> None:
            label = f"reading {printable(name)}"
            progress.update(bar, description=label, completed=number, total=of)

        yield show
