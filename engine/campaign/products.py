"""What a finished campaign leaves to be taken away: mixture.json, model/, report.html.

All of it follows from the ledger and the checkpoints, so it can be made again at any time.
"""

from __future__ import annotations

from collections.abc import Sequence

from engine.campaign.delivered_model import save_delivered
from engine.campaign.retention import needed_checkpoints
from engine.campaign.run import Run
from engine.campaign.seeds import Stream, seed_for
from engine.ledger.records import Record
from engine.ledger.result_store import read_evaluations
from engine.ledger.state import State
from engine.model.base_network import load_base
from engine.model.build_model import build_model
from engine.report import write_report
from engine.report.mixture_file import mixture_json
from engine.report.start import advanced_mixtures
from engine.storage.checkpoint import load_checkpoint, sweep
from engine.storage.disk import disk_errors
from engine.storage.whole_file import write_whole
from engine.tracking.events import CampaignDelivered


def write_products(run: Run, state: State, records: Sequence[Record]) -> None:
    """Write every product of a delivered campaign; whole files, each replaced as one."""
    write_whole(
        run.folder.mixture, mixture_json(records, tokens_per_example=run.counted(state).tokens)
    )
    _write_model(run, state)
    sweep(run.folder.checkpoints, needed_checkpoints(state))
    write_report(run.folder.path)


def products_told(
    run: Run, state: State, records: Sequence[Record], seconds: float | None
) -> CampaignDelivered:
    """The event that ends a campaign for whoever watches; `seconds` as the event has it."""
    assert state.delivered and state.chosen
    return CampaignDelivered(
        delivered=state.delivered,
        mixture=state.chosen.mixture,
        reason=state.chosen.reason,
        start=advanced_mixtures(records),
        report=str(run.folder.report),
        seconds=seconds,
    )


def _write_model(run: Run, state: State) -> None:
    assert state.delivered
    completed = state.job(state.delivered.job).completed
    assert completed
    evaluations = read_evaluations(completed, run.folder.arrays)
    campaign = run.campaign
    base = load_base(campaign.model)
    seed = seed_for(campaign.seed, Stream.INITIAL_WEIGHTS)
    model = build_model(base, run.pool, max_length=campaign.max_length, seed=seed)
    model.load_state(load_checkpoint(run.folder.checkpoints, state.delivered.checkpoint))
    temperatures = {target: one.temperature for target, one in evaluations.items()}
    with disk_errors(run.folder.model):
        save_delivered(model, base, run.folder.model, temperatures=temperatures)
