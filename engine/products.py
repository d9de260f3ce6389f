"""What a finished campaign leaves to be taken away: mixture.json, model/, report.html.

All of it follows from the ledger and the checkpoints, so it can be made again at any time.
"""

from __future__ import annotations

from collections.abc import Sequence

from engine.checkpoint import sweep
from engine.report.mixture_file import mixture_json
from engine.records import Record
from engine.report import write_report
from engine.retention import needed_checkpoints
from engine.run import Run
from engine.state import State
from engine.tracking.events import CampaignDelivered
from engine.whole_file import write_whole


def write_products(run: Run, state: State, records: Sequence[Record]) -> None:
    """Write every product of a delivered campaign; whole files, each replaced as one."""
    write_whole(run.folder.mixture, mixture_json(records, tokens_per_example=run.counted(state).tokens))
    _write_model(run, state)
    sweep(run.folder.checkpoints, needed_checkpoints(state))
    write_report(run.folder.path)


def products_told(run: Run, state: State, seconds: float) -> CampaignDelivered:
    """The event that ends a campaign for whoever watches."""
    assert state.delivered and state.chosen
    return CampaignDelivered(
        delivered=state.delivered,
        mixture=state.chosen.mixture,
        reason=state.chosen.reason,
        report=str(run.folder.report),
        seconds=seconds,
    )


def _write_model(run: Run, state: State) -> None:
    assert state.delivered
