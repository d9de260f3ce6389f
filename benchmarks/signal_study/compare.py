"""Which signals can be trusted: how each one orders the candidates beside what they truly gave.

Reads OUT/branches.jsonl, finished or not, and OUT/signals.parquet where it is there (columns seed,
target, source, method, score: more is better). Prints the tables, and keeps OUT/transfer.parquet
(for `sextant replay`) and OUT/quality.parquet. Beside the signals stand an order at random and a
branch of each candidate: its gain on the selection split, judged on the other seeds.

    python -m benchmarks.signal_study.compare --out runs/signal_study
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from benchmarks.signal_study import branches, design
from benchmarks.signal_study.quality import (
    Quality,
    Readings,
    at_random,
    mean_over_targets,
    quality,
    repeatability,
)
from benchmarks.signal_study.table import Transfer, transfers, write
from engine.replay.table_file import read_table

AT_RANDOM: Final = "an order at random"
ONE_BRANCH: Final = "one branch each"

Found = Mapping[str, Mapping[str, Quality]]
"""signal -> target -> how well it orders."""

Signals = Mapping[str, Mapping[str, Readings]]
"""signal -> target -> its readings."""


def main() -> None:
    """Read what there is, print and keep the tables."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--out", type=Path, required=True)
    out: Path = parser.parse_args().out
    done = branches.read(out)
    measured = transfers(done, candidates=design.TASKS)
    if not measured:
        raise SystemExit(f"{out}: no target is finished in any seed; run transfer.py first.")
    write(done, out / "transfer.parquet")
    for transfer in measured:
        show_transfer(transfer)
    found = qualities(measured, read_signals(out / "signals.parquet", measured))
    show_qualities(found)
    pq.write_table(pa.Table.from_pylist(_rows(found)), out / "quality.parquet")


def read_signals(path: Path, measured: Sequence[Transfer]) -> dict[str, dict[str, Readings]]:
    """Readings by signal and target; none without the file.

    Raises:
        InputError: If the file cannot be read or lacks a column.
    """
    if not path.exists():
        return {}
    file = read_table(path)
    names = zip(*(file.texts(name) for name in ("method", "target", "source")), strict=True)
    numbers = zip(file.numbers("seed").tolist(), file.numbers("score").tolist(), strict=True)
    place = {one.target: {name: n for n, name in enumerate(one.candidates)} for one in measured}
    found: dict[str, dict[str, dict[int, NDArray[np.float64]]]] = {}
    for (method, target, source), (seed, score) in zip(names, numbers, strict=True):
        if source in place.get(target, {}):
            blank = np.full(len(place[target]), np.nan)
            by_seed = found.setdefault(method, {}).setdefault(target, {})
            by_seed.setdefault(int(seed), blank)[place[target][source]] = score
    return {method: dict(by_target) for method, by_target in found.items()}


def qualities(measured: Sequence[Transfer], signals: Signals) -> dict[str, dict[str, Quality]]:
    """The references first, then the signals, best first."""
    rng = np.random.default_rng(0)
    found = {AT_RANDOM: {one.target: at_random(one, rng) for one in measured}}
    if repeated := [one for one in measured if len(one.seeds) > 1]:
        found[ONE_BRANCH] = {
            one.target: quality(one, _trials(one), rng, unseen=True) for one in repeated
        }
    by_signal = {
        signal: {
            one.target: quality(one, by_target[one.target], rng)
            for one in measured
            if set(by_target.get(one.target, ())) & set(one.seeds)
        }
        for signal, by_target in signals.items()
    }
    judged = [signal for signal in by_signal if by_signal[signal]]
    ranked = sorted(judged, key=lambda signal: -_mean_spearman(by_signal[signal]))
    return {**found, **{signal: by_signal[signal] for signal in ranked}}


def show_transfer(transfer: Transfer) -> None:
    """Print what each candidate gave, the best first."""
    gains_SN = transfer.gains_SN
    print(f"\n{transfer.target}: {len(transfer.seeds)} seeds", end=", ")
    print(f"rank correlation of two of them {repeatability(transfer):+.2f}")
    for place in np.argsort(-gains_SN.mean(axis=0), kind="stable"):
        by_seed = " ".join(f"{gain:+.4f}" for gain in gains_SN[:, place])
        mean = f"{gains_SN[:, place].mean():+.4f} nats ± {transfer.mean_ses_N[place]:.4f}"
        print(f"  {transfer.candidates[place]:26s} {mean}   by seed {by_seed}")


def show_qualities(found: Found) -> None:
    """Print each signal's means with their intervals, then its correlation target by target."""
    names = [field.name for field in fields(Quality)]
    print("\nmeans over targets [95 %, targets drawn again]")
    print(f"{'':26s}" + "".join(f"{name:>26s}" for name in names))
    for signal, by_target in found.items():
        print(f"{signal:26s}" + "".join(_interval(by_target, name) for name in names))
    print("\nSpearman by target")
    for signal, by_target in found.items():
        each = ", ".join(f"{target} {one.spearman:+.2f}" for target, one in by_target.items())
        print(f"{signal:26s} {each}")


def _interval(by_target: Mapping[str, Quality], name: str) -> str:
    values = [float(getattr(one, name)) for one in by_target.values()]
    mean, low, high = mean_over_targets(values, np.random.default_rng(0))
    return f"{f'{mean:+.3f} [{low:+.3f}, {high:+.3f}]':>26s}"


def _trials(transfer: Transfer) -> Readings:
    return dict(zip(transfer.seeds, transfer.trial_gains_SN, strict=True))


def _mean_spearman(by_target: Mapping[str, Quality]) -> float:
    return float(np.mean([one.spearman for one in by_target.values()]))


def _rows(found: Found) -> list[dict[str, str | float]]:
    return [
        {"signal": signal, "target": target, **asdict(one)}
        for signal, by_target in found.items()
        for target, one in by_target.items()
    ]


if __name__ == "__main__":
    main()
