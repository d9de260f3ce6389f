"""Progress in a pipe or a log: one plain line for each event that matters."""

from __future__ import annotations

from typing import TextIO

from rich.console import Console

from engine.tracking.events import CampaignDelivered, CampaignOpened, Event
from engine.tracking.lines import line
from engine.tracking.panels import arms_table
from engine.wording import printable

TABLE_WIDTH = 110


class PlainReporter:
    """Writes lines without any control character, each flushed."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._rounds = 0

    def report(self, event: Event) -> None:
        if isinstance(event, CampaignOpened):
            self._rounds = event.rounds
        text = line(event, rounds=self._rounds)
        if text is not None:
            self._write(text)
        if isinstance(event, CampaignDelivered):
            self._write(_table_text(event))
            self._write(f"report: {printable(event.report)}")

    def close(self) -> None:
        self._stream.flush()

    def _write(self, text: str) -> None:
        # A log in ASCII loses the plus-minus sign, and not the campaign its reporter.
        encoding = self._stream.encoding or "utf-8"
        self._stream.write(text.encode(encoding, "replace").decode(encoding) + "\n")
        self._stream.flush()


def _table_text(event: CampaignDelivered) -> str:
    console = Console(width=TABLE_WIDTH, color_system=None, force_terminal=False)
    with console.capture() as captured:
        console.print(arms_table(event.delivered, lines=None))
    return "\n".join(row.rstrip() for row in captured.get().splitlines() if row.strip())
