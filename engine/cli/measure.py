"""`sextant measure`: signals of a pool, as files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rich.markup import escape
from rich.table import Table

from engine.campaign.campaign_file import check_campaign, read_campaign
from engine.campaign.ray_job import check_out_folder
from engine.campaign.run_folder import RunFolder
from engine.cli.console import open_console
from engine.cli.loading_bar import loading_bar
from engine.cli.run import end_on_signals
from engine.signals.sources import CHEAP, OVER_ROUNDS
from policies import SIGNALS
from tasks import InputError, nearest

if TYPE_CHECKING:
    from engine.campaign.measuring import Measured

_TOLD = 8
"""Candidates shown at either end; all of them are in the files."""


def measure_file(path: Path, out: Path, settings: Sequence[str], signals: str | None) -> None:
    """Measure the pool of a campaign file in `out`, and show its candidates ranked.

    Raises:
        InputError: If a signal, the campaign file or the folder is not right; before anything is
            written if the folder went on without a signal that was asked for by name; once all is
            shown if the budget could not pay for one.
    """
    end_on_signals()
    check_out_folder(out)
    wanted = None if signals is None else _known_signals(signals)
    with loading_bar() as on_task:
        checked = check_campaign(*read_campaign(path, settings), on_task)
    # Only now, so that a mistake is answered before torch and transformers are loaded.
    from engine.campaign.measuring import check_measurable, measure_signals
    from engine.campaign.opening import open_campaign
    from engine.campaign.signal_files import write_signals

    if wanted:
        check_measurable(RunFolder(out.resolve()), checked.roster, wanted)
    folder = RunFolder.prepare(out.resolve())
    with open_campaign(checked, folder) as campaign:
        measured = measure_signals(campaign.run, campaign.ledger.records, wanted or CHEAP)
        written = write_signals(measured, folder.path)
    _print(measured, written)
    if wanted and measured.missing:
        raise InputError(measured.missing)
    for line in measured.missing:
        open_console().print(line, soft_wrap=True, markup=False, highlight=False)


def _known_signals(text: str) -> frozenset[str]:
    names = [name.strip() for name in text.split(",") if name.strip()]
    unknown = [name for name in names if name not in SIGNALS]
    if unknown or not names:
        raise InputError(
            [
                f"--signals: no signal {name!r}. {nearest(name, SIGNALS)}"
                for name in unknown or [text]
            ]
        )
    if late := [name for name in names if name in OVER_ROUNDS]:
        raise InputError(
            [
                f"--signals: {name!r} compares the losses of several rounds, and measuring ends"
                " before the first; leave it out."
                for name in late
            ]
        )
    return frozenset(names)


def _print(measured: Measured, written: Sequence[Path]) -> None:
    from engine.campaign.signal_files import number_text, reliability_text
    from engine.signals.standing import RANKED_BY, standings

    console = open_console()
    for target in measured.targets:
        found = standings(measured.readings, target)
        signals = [name for name in RANKED_BY if any(name in one.scores for one in found)]
        title = f"{len(found)} candidates for {escape(target)}, by mean rank"
        table = Table(title=title, box=None, title_justify="left")
        for heading in ("", "candidate", *signals):
            table.add_column(heading, justify="left" if heading == "candidate" else "right")
        table.add_column("why")
        for one in found[:_TOLD] + found[max(_TOLD, len(found) - _TOLD) :]:
            numbers = [number_text(one, signal) for signal in signals]
            table.add_row(str(one.place), escape(one.candidate), *numbers, one.reason)
        console.print(table)
    console.print(reliability_text(measured.affinity_reliability), highlight=False)
    for path in written:
        console.print(str(path), soft_wrap=True, markup=False, highlight=False)
