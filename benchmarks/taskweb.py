"""Navigator against the best of the simple searches, on TaskWeb's recorded fine-tuning runs.

For every set-up with baselines: after B single-seed probes each policy picks five sources, knowing
the other targets' results (never the target's own row or column), and how near the texts are (RoE)
and a language model finds the tasks, but no published score that was made of results.
Regret@5 as TaskWeb defines it, in percent; 95 % intervals by bootstrap over targets of the paired
difference from the best of the others at that budget. Of the others each takes part with and
without what earlier targets say.

    python benchmarks/taskweb.py --campaigns 2 --out runs/taskweb
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from engine.replay.campaign import Row
from engine.replay.opening import Opening, open_world
from engine.replay.replaying import Contender, Settings, replay_all
from engine.replay.summary import interval

REPOSITORY = Path(__file__).parents[1]
TABLES = REPOSITORY.parent / "shared" / "data" / "transfer"
SETUPS = (
    "t5l-finetune",
    "t5b-finetune",
    "t5s-finetune",
    "t5b-bitfit",
    "t5b-pfeiffer",
    "gpt2m-finetune",
)
BUDGETS = (0, 5, 10, 21, 42)
OURS = "navigator"
OTHERS = ("sweep", "thompson", "top-two")


def contenders() -> list[Contender]:
    """Navigator, and the others with and without a prior."""
    plain = {"prior": False, "prior_text": 0.0}
    return [
        Contender(policy=OURS, name=OURS),
        *(Contender(policy=name, name=f"{name}, prior") for name in OTHERS),
        *(Contender(policy=name, options=plain, name=name) for name in OTHERS),
    ]


def signals_file(folder: Path) -> Path:
    """Published signals that no result went into; RoE under the name that policies know."""
    table = pq.read_table(TABLES / "taskweb_predictions.parquet").to_pylist()
    names = {"roe": "text", "llm_similarity": "llm_similarity"}
    kept = [{**row, "method": names[row["method"]]} for row in table if row["method"] in names]
    pq.write_table(pa.Table.from_pylist(kept), folder / "signals.parquet")
    return folder / "signals.parquet"


def replayed(setup: str, signals: Path, *, campaigns: int, workers: int) -> list[Row]:
    """All policies on one set-up."""
    opening = Opening(setup=setup, signals=signals, control="mean")
    settings = Settings(budgets=BUDGETS, campaigns=campaigns)
    world = open_world(TABLES / "taskweb.parquet", opening)
    return replay_all(world, contenders(), settings, workers=workers)


def by_target(rows: Sequence[Row], policy: str, budget: int, what: str) -> NDArray[np.float64]:
    """(T,) means over campaigns, percent, targets by name."""
    found: dict[str, list[float]] = {}
    for row in rows:
        if row.policy == policy and row.budget == budget:
            found.setdefault(row.target, []).append(100 * float(getattr(row, what)))
    return np.array([np.mean(found[target]) for target in sorted(found)])


def table(rows: Sequence[Row]) -> list[str]:
    """A line for each policy, and one of differences from the best of the others."""
    names = [one.name for one in contenders()]
    lines = [f"{'regret %':18}" + "".join(f"{f'B={budget}':>22}" for budget in BUDGETS)]
    for name in names:
        means = [by_target(rows, name, budget, "regret").mean() for budget in BUDGETS]
        harm = [by_target(rows, name, budget, "harmful").mean() for budget in BUDGETS]
        cells = [f"{m:8.2f} (harm {h:4.1f} %)" for m, h in zip(means, harm, strict=True)]
        lines.append(f"{name:18}" + "".join(f"{cell:>22}" for cell in cells))
    lines.append(f"{'less the best':18}" + "".join(f"{_less(rows, b):>22}" for b in BUDGETS))
    return lines


def _less(rows: Sequence[Row], budget: int) -> str:
    others = [one.name for one in contenders() if one.name != OURS]
    best = min(others, key=lambda name: by_target(rows, name, budget, "regret").mean())
    ours = by_target(rows, OURS, budget, "regret")
    apart = ours - by_target(rows, best, budget, "regret")
    found = interval(apart)
    return f"{found.mean:+.2f} [{found.low:+.2f}, {found.high:+.2f}]"


def main() -> None:
    """Read the command line and run."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--campaigns", type=int, default=2)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--setups", nargs="+", default=list(SETUPS))
    parser.add_argument("--out", type=Path, required=True)
    given = parser.parse_args()
    if not TABLES.is_dir():
        raise SystemExit(
            f"{TABLES} is not there: the recorded tables do not come with the package."
        )
    given.out.mkdir(parents=True, exist_ok=True)
    signals = signals_file(given.out)
    for setup in given.setups:
        rows = replayed(setup, signals, campaigns=given.campaigns, workers=given.workers)
        kept = [(r.policy, r.target, r.budget, r.campaign, r.regret, r.harmful) for r in rows]
        names = ("policy", "target", "budget", "campaign", "regret", "harmful")
        columns = dict(zip(names, map(list, zip(*kept, strict=True)), strict=True))
        pq.write_table(pa.table(columns), given.out / f"{setup}.parquet")
        print(f"\n{setup}", *table(rows), sep="\n", flush=True)


if __name__ == "__main__":
    main()
