"""Progress while a pool is read and checked: on a terminal, nothing in a pipe."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from engine.wording import counted, printable
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


@contextmanager
def checking_line(tasks: int) -> Iterator[None]:
    """A line that stands while tasks are checked, which takes minutes for millions of rows."""
    if not sys.stderr.isatty():
        yield
        return
    with Console(file=sys.stderr).status(f"checking {counted(tasks, 'task')}"):
        yield
