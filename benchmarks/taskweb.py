"""Navigator against the best of the simple searches, on TaskWeb's recorded fine-tuning runs.

For every set-up with baselines: after B single-seed probes each policy picks five sources, knowing
the other targets' results (never the target's own row or column), and how near the texts are (RoE)
and a language model finds the tasks, but no published score that was made of results.
Regret@5 as TaskWeb defines it, in percent; 95 % intervals by bootstrap over targets of the paired
difference from the best of the others at that budget. Of the others each takes part with and
without what earlier targets say.

The last table is of all set-ups together: a target's value is its mean over them.

    python benchmarks/taskweb.py --campaigns 4 --workers 2 --out runs/taskweb

It leaves OUT/<set-up>.parquet, a row a campaign, OUT/tables.md and OUT/regret.png. Killed and
started again, it goes on behind the last set-up that was finished.
"""

from __future__ import annotations

import argparse
import dataclasses
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from engine.campaign.named_policies import NamedPolicy
from engine.replay.campaign import Row
from engine.replay.opening import Opening, open_world
from engine.replay.pictures import draw_pictures
from engine.replay.recorded import World
from engine.replay.replaying import Settings, replay_all
from engine.replay.summary import interval, summarised

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


def policies() -> list[NamedPolicy]:
    """Navigator, and the others with and without a prior."""
    plain = {"prior": False, "prior_text": 0.0}
    return [
        NamedPolicy(policy=OURS, name=OURS),
        *(NamedPolicy(policy=name, name=f"{name}, prior") for name in OTHERS),
        *(NamedPolicy(policy=name, options=plain, name=name) for name in OTHERS),
    ]


def signals_file(folder: Path) -> Path:
    """Published signals that no result went into; RoE under the name that policies know."""
    table = pq.read_table(TABLES / "taskweb_predictions.parquet").to_pylist()
    names = {"roe": "text", "llm_similarity": "llm_similarity"}
    kept = [{**row, "method": names[row["method"]]} for row in table if row["method"] in names]
    pq.write_table(pa.Table.from_pylist(kept), folder / "signals.parquet")
    return folder / "signals.parquet"


def world_of(setup: str, signals: Path) -> World:
    """What is replayed; TaskWeb's own baselines share no seeds with its sources."""
    opening = Opening(setup=setup, signals=signals, control="mean")
    return open_world(TABLES / "taskweb.parquet", opening)


def replayed(world: World, path: Path, *, campaigns: int, workers: int) -> list[Row]:
    """All policies on one set-up, read from `path` where they are there."""
    if not path.exists():
        settings = Settings(budgets=BUDGETS, campaigns=campaigns)
        rows = replay_all(world, policies(), settings, workers=workers)
        unfinished = path.with_suffix(".tmp")
        pq.write_table(pa.Table.from_pylist([dataclasses.asdict(row) for row in rows]), unfinished)
        unfinished.rename(path)
    return [Row(**row) for row in pq.read_table(path).to_pylist()]


def by_target(rows: Sequence[Row], policy: str, budget: int, what: str) -> NDArray[np.float64]:
    """(T,) means over campaigns, percent, targets by name."""
    found: dict[str, list[float]] = {}
    for row in rows:
        if row.policy == policy and row.budget == budget:
            found.setdefault(row.target, []).append(100 * float(getattr(row, what)))
    return np.array([np.mean(found[target]) for target in sorted(found)])


def table(rows: Sequence[Row], what: str) -> list[str]:
    """A line for each policy, and one of differences from the best of the others."""
    heads = [f"B = {budget}" for budget in BUDGETS]
    lines = [_cells([what, *heads]), "|---|" + "---:|" * len(BUDGETS)]
    for name in (one.name for one in policies()):
        means = [by_target(rows, name, budget, what).mean() for budget in BUDGETS]
        lines.append(_cells([name, *(f"{mean:.2f}" for mean in means)]))
    return [*lines, _cells(["less the best", *(_less(rows, b, what) for b in BUDGETS)])]


def _less(rows: Sequence[Row], budget: int, what: str) -> str:
    others = [one.name for one in policies() if one.name != OURS]
    best = min(others, key=lambda name: by_target(rows, name, budget, what).mean())
    ours = by_target(rows, OURS, budget, what)
    found = interval(ours - by_target(rows, best, budget, what))
    return f"{found.mean:+.2f} [{found.low:+.2f}, {found.high:+.2f}]"


def _cells(texts: Sequence[str]) -> str:
    return f"| {' | '.join(texts)} |"


def _page(title: str, rows: Sequence[Row]) -> str:
    regret, harmful = table(rows, "regret"), table(rows, "harmful")
    return "\n".join([f"## {title}", "", *regret, "", *harmful])


def main() -> None:
    """Read the command line and run."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--campaigns", type=int, default=4)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--setups", nargs="+", default=list(SETUPS))
    parser.add_argument("--out", type=Path, required=True)
    given = parser.parse_args()
    if not TABLES.is_dir():
        raise SystemExit(
            f"{TABLES} is not there: the recorded tables do not come with the package."
        )
    out: Path = given.out
    out.mkdir(parents=True, exist_ok=True)
    signals = signals_file(out)
    worlds = {setup: world_of(setup, signals) for setup in given.setups}
    pages: list[str] = []
    together: list[Row] = []
    for setup, world in worlds.items():
        path = out / f"{setup}.parquet"
        rows = replayed(world, path, campaigns=given.campaigns, workers=given.workers)
        together += rows
        pages.append(_page(setup, rows))
        print(pages[-1], "", sep="\n", flush=True)
    pages.insert(0, _page("All set-ups", together))
    print(pages[0], flush=True)
    (out / "tables.md").write_text("\n\n".join(pages) + "\n")
    draw_pictures(summarised(together), next(iter(worlds.values())), out)


if __name__ == "__main__":
    main()
