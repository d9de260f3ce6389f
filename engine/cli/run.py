"""`sextant run`: from a campaign file and a folder to a delivered model."""

from __future__ import annotations

import signal
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from types import FrameType

from engine.campaign.campaign_file import check_campaign, read_campaign
from engine.campaign.ray_job import check_out_folder
from engine.campaign.run_folder import RunFolder
from engine.campaign.spec import Campaign
from engine.cli.failures import TerminatedError
from engine.cli.loading_bar import loading_bar
from engine.wording import printable


def run_file(path: Path, out: Path, settings: Sequence[str], accepted: frozenset[str]) -> None:
    """Run or resume the campaign of `path` in `out`."""
    end_on_signals()
    check_out_folder(out)
    campaign_file = read_campaign(path, settings)
    _tell_start(path, campaign_file[0])
    with loading_bar() as on_task:
        checked = check_campaign(*campaign_file, on_task)
    started = time.monotonic()
    # Only now, so that a mistake is answered before torch and transformers are loaded.
    from engine.campaign.loop import run_campaign
    from engine.campaign.opening import open_campaign
    from engine.campaign.products import products_told, write_products
    from engine.ledger.state import fold

    folder = RunFolder.prepare(out.resolve())
    with open_campaign(checked, folder, accepted) as campaign:
        finished_before = fold(campaign.ledger.records).finished is not None
        state = run_campaign(campaign.run, campaign.ledger.records)
        write_products(campaign.run, state, campaign.ledger.records)
        seconds = None if finished_before else time.monotonic() - started
        campaign.run.report(products_told(campaign.run, state, campaign.ledger.records, seconds))


def _tell_start(path: Path, campaign: Campaign) -> None:
    """The first of the plain lines: until the next the pool is read and libraries are loaded."""
    if "terminal" in campaign.report_to and not sys.stdout.isatty():
        print(f"reading the pool of {printable(str(path))}", flush=True)  # noqa: T201


def end_on_signals() -> None:
    """Let SIGTERM and SIGINT end the process as an exception: locks and workers are released."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _on_signal)


def _on_signal(number: int, frame: FrameType | None) -> None:
    del frame
    # A second signal ends the process at once.
    signal.signal(number, signal.SIG_DFL)
    raise TerminatedError(number)
