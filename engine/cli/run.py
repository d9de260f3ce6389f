"""`sextant run`: from a campaign file and a folder to a delivered model."""

from __future__ import annotations

import signal
import time
from collections.abc import Sequence
from pathlib import Path
from types import FrameType

from engine.campaign.campaign_file import check_campaign, read_campaign
from engine.campaign.ray_job import check_out_folder
from engine.campaign.run_folder import RunFolder
from engine.cli.failures import TerminatedError
from engine.cli.loading_bar import loading_bar


def run_file(path: Path, out: Path, settings: Sequence[str], accepted: frozenset[str]) -> None:
    """Run or resume the campaign of `path` in `out`."""
    end_on_signals()
    check_out_folder(out)
    with loading_bar() as on_task:
        checked = check_campaign(*read_campaign(path, settings), on_task)
    started = time.monotonic()
    # Only now, so that a mistake is answered before torch and transformers are loaded.
    from engine.campaign.loop import run_campaign
    from engine.campaign.opening import open_campaign
    from engine.campaign.products import products_told, write_products

    folder = RunFolder.prepare(out.resolve())
    with open_campaign(checked, folder, accepted) as campaign:
        state = run_campaign(campaign.run, campaign.ledger.records)
        write_products(campaign.run, state, campaign.ledger.records)
        campaign.run.report(products_told(campaign.run, state, time.monotonic() - started))


def end_on_signals() -> None:
    """Let SIGTERM and SIGINT end the process as an exception: locks and workers are released."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _on_signal)


def _on_signal(number: int, frame: FrameType | None) -> None:
    del frame
    # A second signal ends the process at once.
    signal.signal(number, signal.SIG_DFL)
    raise TerminatedError(number)
