"""`sextant run`: from a campaign file and a folder to a delivered model."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Sequence
from pathlib import Path
from types import FrameType

from engine.campaign.campaign_file import check_campaign, read_campaign
from engine.campaign.loop import run_campaign
from engine.campaign.opening import open_campaign
from engine.campaign.products import products_told, write_products
from engine.campaign.ray_job import check_out_folder
from engine.campaign.run_folder import RunFolder


class InterruptedBySignalError(BaseException):
    """SIGTERM arrived: nothing unfinished is written, the same command resumes."""

    exit_code = 143


def run_file(path: Path, out: Path, settings: Sequence[str], accepted: frozenset[str]) -> None:
    """Run or resume the campaign of `path` in `out`."""
    signal.signal(signal.SIGTERM, _on_sigterm)
    check_out_folder(out)
    checked = check_campaign(*read_campaign(path, settings))
    started = time.monotonic()
    folder = RunFolder.prepare(out.resolve())
    with open_campaign(checked, folder, accepted) as campaign:
        state = run_campaign(campaign.run, campaign.ledger.records)
        write_products(campaign.run, state, campaign.ledger.records)
        campaign.run.report(products_told(campaign.run, state, time.monotonic() - started))


def _on_sigterm(number: int, frame: FrameType | None) -> None:
    del number, frame
    # A second signal ends the process at once.
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    raise InterruptedBySignalError(f"process {os.getpid()} was asked to stop")
