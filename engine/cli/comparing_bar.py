"""How far a comparison is: a bar on a terminal, a line for each campaign in a pipe."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from engine.tracking.events import Event, StageStarted
from engine.wording import printable

if TYPE_CHECKING:
    from engine.campaign.named_policies import NamedPolicy
    from engine.comparing.comparison import Pairing
    from engine.comparing.running import Watching


@contextmanager
def comparing_bar(campaigns: int) -> Iterator[Watching]:
    """Whom `run_comparison` tells; on stderr, so that a pipe gets nothing but the tables."""
    from engine.comparing.running import Watching

    if not sys.stderr.isatty():
        yield Watching(on_event=_nothing, on_end=_Lines(campaigns).ended)
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    console = Console(file=sys.stderr)
    with Progress(*columns, TimeElapsedColumn(), console=console, transient=True) as progress:
        bar = progress.add_task("campaigns", total=campaigns)

        def show(pairing: Pairing, named: NamedPolicy, event: Event) -> None:
            if isinstance(event, StageStarted):
                where = printable(f"{pairing}, {named.name}: {event.stage}")
                progress.update(bar, description=where)

        yield Watching(on_event=show, on_end=lambda pairing, named: progress.advance(bar))


class _Lines:
    """Counts campaigns and says which ended."""

    def __init__(self, campaigns: int) -> None:
        self._campaigns = campaigns
        self._ended = 0

    def ended(self, pairing: Pairing, named: NamedPolicy) -> None:
        self._ended += 1
        what = printable(f"{pairing}, {named.name}")
        print(f"{self._ended} of {self._campaigns} campaigns: {what}", file=sys.stderr, flush=True)  # noqa: T201


def _nothing(pairing: Pairing, named: NamedPolicy, event: Event) -> None:
    del pairing, named, event
