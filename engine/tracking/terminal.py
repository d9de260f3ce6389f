"""Live progress on a terminal: a bar for the running stage, a line a round, a final table."""

from __future__ import annotations

from typing import TextIO

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    SpinnerColumn,
    Task,
    TaskID,
    TimeElapsedColumn,
)
from rich.text import Text

from engine.tracking import panels
from engine.tracking.events import (
    CampaignDelivered,
    CampaignOpened,
    Event,
    JobEnded,
    Notice,
    RoundClosed,
    StageStarted,
)
from engine.tracking.lines import failed_line
from engine.wording import printable, seconds_text, tokens_text


class TerminalReporter:
    """For a person who watches. Needs a terminal; `PlainReporter` serves pipes."""

    def __init__(self, stream: TextIO) -> None:
        self._console = Console(file=stream, highlight=False)
        self._progress: Progress | None = None
        self._stage = TaskID(0)
        self._tokens = 0
        self._rounds = 0

    def report(self, event: Event) -> None:
        match event:
            case CampaignOpened():
                self._rounds = event.rounds
                self._console.print(panels.opened(event))
            case StageStarted():
                self._start(event)
            case JobEnded():
                self._count(event)
            case RoundClosed():
                self._end_stage()
                self._console.print(panels.closed_round(event, rounds=self._rounds))
            case CampaignDelivered():
                self._end_stage()
                self._console.print(panels.delivered(event))
            case Notice():
                self._console.print(panels.marked("!", "yellow", printable(event.message)))

    def close(self) -> None:
        self._end_stage()

    def _start(self, event: StageStarted) -> None:
        self._end_stage()
        self._tokens = 0
        self._progress = _progress(self._console)
        stage = printable(event.stage)
        self._stage = self._progress.add_task(stage, total=event.jobs, tokens="")
        self._progress.start()

    def _count(self, event: JobEnded) -> None:
        if not event.ok:
            self._console.print(panels.marked("x", "red", failed_line(event)))
        self._tokens += event.tokens
        if self._progress:
            tokens = f"{tokens_text(self._tokens)} tokens"
            self._progress.update(self._stage, advance=int(event.ok), tokens=tokens)

    def _end_stage(self) -> None:
        """The bar goes; what it came to stays as one dim line."""
        if self._progress is None:
            return
        progress, self._progress = self._progress, None
        progress.stop()
        task = progress.tasks[self._stage]
        took = seconds_text(task.elapsed or 0.0)
        jobs = f"{int(task.completed)} of {int(task.total or 0)} jobs"
        text = f"{task.description}: {jobs}, {took}, {tokens_text(self._tokens)} tokens"
        self._console.print(panels.marked("\u00b7", "dim", text, style="dim"))


class _Words(ProgressColumn):
    """A field of the stage as it is: rich's own text column would read it as markup."""

    def __init__(self, field: str, style: str) -> None:
        super().__init__()
        self._field = field
        self._style = style

    def render(self, task: Task) -> Text:
        words = task.fields.get(self._field, task.description)
        return Text(str(words), style=self._style, overflow="ellipsis", no_wrap=True)


def _progress(console: Console) -> Progress:
    return Progress(
        SpinnerColumn(style="cyan", finished_text=" "),
        _Words("stage", ""),
        BarColumn(bar_width=24, complete_style="cyan", finished_style="cyan"),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        _Words("tokens", "dim"),
        console=console,
        transient=True,
        refresh_per_second=8,
    )
