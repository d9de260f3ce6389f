"""Signals: all that can be measured of candidates at each seed's checkpoint.

Beside the signals stand what can be said without a model (how many examples, whether the families
are the same) and a score out of a hat, which shows what luck looks like. A target's probe is of its
selection split: no signal has seen a test row. Writes OUT/signals.parquet, a row for each
`methods.Row`; what a checkpoint gave is kept beside it, and a run that was cut short goes on.

    python -m benchmarks.signal_study.signals --seeds 0 1 2 --out runs/signal_study
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.signal_study import design
from benchmarks.signal_study.methods import BY_ADAM, Row, mean_rank, of_readings, without_model
from benchmarks.signal_study.warm_ups import WarmUp, warmed_up
from engine.campaign.campaign_pool import load_campaign_pool
from engine.campaign.measured_readings import measured_readings
from engine.campaign.roster import Roster, roster_of
from engine.campaign.seeds import Stream, seed_for
from engine.campaign.spec import Campaign
from engine.campaign.warm_up_readings import warm_up_readings
from engine.ledger.result_store import Arrays, keep_result, read_measures
from engine.signals.readings import Readings, joined, only
from engine.signals.sources import FROM_WARM_UP
from engine.training.executor import Setting
from engine.training.jobs import MeasureJob
from engine.training.workbench import Workbench

PROBES: Final = (16, 64)
"""Examples of each task that are measured, twice over: with few a signal is noise."""

PLAIN: Final = frozenset({"alignment", "descent", "loss", "lookahead", "text", "centroid"})
ADAMS: Final = frozenset({"alignment", "descent"})
"""Taken once more, with the targets' gradients divided by the roots of Adam's second moments."""


def main() -> None:
    """Read the command line and measure."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    if not design.SUITE.is_dir():
        raise SystemExit(f"{design.SUITE}: not there; the study needs the suite's parquet files.")
    out: Path = options.out.resolve()
    for folder in ("checkpoints", "arrays", "signals"):
        (out / folder).mkdir(parents=True, exist_ok=True)
    design.write_cards(out / "cards.yaml")
    for seed in options.seeds:
        if not _part(out, seed).exists():
            rows = [asdict(row) for row in _measured_at(out, seed)]
            pq.write_table(pa.Table.from_pylist(rows), _part(out, seed))
    parts = [pq.read_table(path) for path in sorted((out / "signals").glob("*.parquet"))]
    pq.write_table(pa.concat_tables(parts), out / "signals.parquet")


def _part(out: Path, seed: int) -> Path:
    return out / "signals" / f"seed-{seed}.parquet"


def _measured_at(out: Path, seed: int) -> Iterator[Row]:
    """Every method's scores, for every target, at one seed's checkpoint."""
    of = design.campaign(out / "cards.yaml", seed=seed)
    warm_up = warmed_up(out, seed)
    rosters = _rosters(of, out)
    for roster in rosters:
        yield from without_model(roster, seed=seed)
        yield from of_readings(_left(roster, warm_up), _target(roster), seed=seed)
    # One bench for all targets: what is measured of a candidate serves each of them.
    bench = Workbench(Setting(campaign=of, folder=out))
    for probe in PROBES:
        plain = _arrays(bench, _job(of, warm_up, probe=probe), out)
        adams = _arrays(bench, _job(of, warm_up, probe=probe, adams=True), out)
        print(f"seed {seed}: probes of {probe} examples are measured", flush=True)
        for roster in rosters:
            passes = {"": plain, BY_ADAM: adams}
            yield from rows_of(roster, warm_up, passes, probe=probe, seed=seed)


def _rosters(of: Campaign, out: Path) -> list[Roster]:
    """Of each target's campaign: all other tasks are its candidates."""
    pool = load_campaign_pool(of, base=out)
    return [roster_of(replace(of, target={name: 1.0}), pool) for name in of.targets]


def rows_of(
    roster: Roster, warm_up: WarmUp, passes: Mapping[str, Arrays], *, probe: int, seed: int
) -> Iterator[Row]:
    """What passes over the probes say of the candidates of a campaign's one target.

    Args:
        roster: Of that campaign.
        warm_up: Of the seed; the mean rank goes by its affinity too.
        passes: What is added to signals' names ("" or `BY_ADAM`) -> arrays, of any targets.
        probe: Examples of each task.
        seed: Of the warm-up.
    """
    target = _target(roster)
    for how, arrays in passes.items():
        found = measured_readings(roster, [(design.TASKS, _towards(target, arrays))])
        # The plain pass has the losses.
        found = only(found, ADAMS) if how else found
        yield from of_readings(found, target, seed=seed, how=f"{how}, {probe}")
        if not how:
            both = joined(found, _left(roster, warm_up))
            yield from mean_rank(both, target, seed=seed, how=f", {probe}")


def _towards(target: str, arrays: Arrays) -> Arrays:
    """Without the columns of other targets."""
    return {
        name: array
        for name, array in arrays.items()
        if "/" not in name or name.endswith(f"/{target}")
    }


def _left(roster: Roster, warm_up: WarmUp) -> Readings:
    maps = {f"data_maps/{signal}": one for signal, one in warm_up.data_maps.items()}
    return warm_up_readings(roster, {"prefixes": warm_up.prefixes, **maps}, FROM_WARM_UP)


def _target(roster: Roster) -> str:
    (target,) = roster.targets
    return target.name


def _job(of: Campaign, warm_up: WarmUp, *, probe: int, adams: bool = False) -> MeasureJob:
    return MeasureJob(
        key=f"seed-{of.seed}-{probe}{'-adam' * adams}",
        attempt=1,
        start=warm_up.checkpoint,
        tasks=design.TASKS,
        signals=ADAMS if adams else PLAIN,
        probe=probe,
        moments=warm_up.moments if adams else "",
        seed=seed_for(of.seed, Stream.PROBE),
        deadline_s=of.deadline_s,
    )


def _arrays(bench: Workbench, job: MeasureJob, out: Path) -> Arrays:
    kept = keep_result(bench.perform(job), out / "arrays", weights={})
    return read_measures(kept, out / "arrays")


if __name__ == "__main__":
    main()
