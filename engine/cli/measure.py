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

if TYPE_CHECKING:
    from engine.campaign.measuring import Signals


def measure_file(path: Path, out: Path, settings: Sequence[str]) -> None:
    """Measure the pool of a campaign file in `out`, and show the candidates ranked."""
    end_on_signals()
    check_out_folder(out)
    with loading_bar() as on_task:
        checked = check_campaign(*read_campaign(path, settings), on_task)
    # Only now, so that a mistake is answered before torch and transformers are loaded.
    from engine.campaign.measuring import measure_signals
    from engine.campaign.opening import open_campaign
    from engine.signals.signal_files import write_signals

    folder = RunFolder.prepare(out.resolve())
    with open_campaign(checked, folder) as campaign:
        signals = measure_signals(campaign.run, campaign.ledger.records)
        written = write_signals(signals, folder.path)
    _print(signals, written)


def _print(signals: Signals, written: Sequence[Path]) -> None:
    console = open_console()
    for column, target in enumerate(signals.targets):
        table = Table(title=f"candidates for {escape(target)}", box=None, title_justify="left")
        table.add_column("candidate")
        table.add_column("alignment", justify="right")
        table.add_column("affinity", justify="right")
        order = sorted(
            range(len(signals.candidates)), key=lambda row: -signals.alignment_NS[row, column]
        )
        for row in order:
            name = signals.candidates[row]
            affinity = signals.affinity_KK[signals.tasks.index(name), signals.tasks.index(target)]
            cosine = signals.alignment_NS[row, column]
            table.add_row(escape(name), f"{cosine:+.3f}", f"{affinity:+.3f}")
        console.print(table)
    console.print(f"affinity's reliability (two halves): {signals.affinity_reliability:+.2f}")
    for path in written:
        console.print(str(path), soft_wrap=True, markup=False, highlight=False)
