"""Does a campaign's mixture beat its baselines at equal cost, and by how much, over seeds?

Runs one campaign file once per seed (a folder that is already finished is only read) and prints,
for each seed and over all, what each arm reached on the test split, the paired gain of the selected
mixture over each baseline, and how much share went to decoys.

    python benchmarks/three_seeds.py examples/pydocs.yaml --seeds 0 1 2 --out runs/seeds
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from engine.campaign.campaign_file import check_campaign, read_campaign
from engine.campaign.roster import roster_of
from engine.campaign.run_folder import RunFolder
from engine.cli import main as sextant
from engine.gains.gain import paired_gain, weighted
from engine.ledger.ledger import read_ledger
from engine.ledger.result_store import read_tests
from engine.ledger.state import State, fold

BASELINES = ("target-only", "all-tasks")


@dataclass(frozen=True, kw_only=True, slots=True)
class Finished:
    """What one seed's campaign came to."""

    seed: int
    delivered: str
    losses: Mapping[str, float]
    """arm -> test loss, nats, weighted over the targets."""
    metrics: Mapping[str, float]
    costs: Mapping[str, int]
    gains: Mapping[str, tuple[float, float]]
    """baseline -> paired test gain of the selected mixture over it, and its standard error."""
    mixture: Mapping[str, float]
    decoy_share: float
    equal_share: float
    """What decoys would get if every candidate got the same."""


def finished(campaign_file: Path, folder: Path, seed: int) -> Finished:
    """Run the campaign with `seed`, or read it where it already ran to its end."""
    code = sextant(["run", str(campaign_file), "--out", str(folder), "--set", f"seed={seed}"])
    if code:
        raise SystemExit(code)
    checked = check_campaign(*read_campaign(campaign_file, [f"seed={seed}"]))
    state = fold(read_ledger(RunFolder(folder).ledger))
    assert state.delivered and state.chosen
    roster = roster_of(checked.campaign, checked.pool)
    decoys = {c.name for c in roster.candidates if checked.pool[c.name].decoy}
    weights = checked.campaign.targets
    arms = {contender.arm: contender for contender in state.delivered.contenders}
    return Finished(
        seed=seed,
        delivered=state.delivered.arm,
        losses={arm: _mean(c.test, weights, "loss") for arm, c in arms.items()},
        metrics={arm: _mean(c.test, weights, "metric") for arm, c in arms.items()},
        costs={arm: c.cost for arm, c in arms.items()},
        gains={name: _gain_over(name, state, folder, weights) for name in BASELINES},
        mixture=state.chosen.mixture,
        decoy_share=sum(state.chosen.mixture.get(name, 0.0) for name in decoys),
        equal_share=len(decoys) / len(roster.candidates),
    )


def _mean(
    test: Mapping[str, Mapping[str, float]], weights: Mapping[str, float], name: str
) -> float:
    return sum(weight * test[target][name] for target, weight in weights.items())


def _gain_over(
    baseline: str, state: State, folder: Path, weights: Mapping[str, float]
) -> tuple[float, float]:
    losses = {}
    for arm in (baseline, "selected"):
        completed = state.job(f"proof-test-{arm}").completed
        assert completed
        losses[arm] = read_tests(completed, RunFolder(folder).arrays)
    parts = {
        target: paired_gain(losses[baseline][target].losses, losses["selected"][target].losses)
        for target in weights
    }
    return weighted(parts, weights)


def show(rows: Sequence[Finished]) -> None:
    """Print the table, seed by seed and over all of them."""
    for row in rows:
        print(f"\nseed {row.seed}: delivered {row.delivered}")
        for arm, loss in row.losses.items():
            cost = f"{row.costs[arm]:>9,} tokens"
            print(f"  {arm:12s} {cost}  test loss {loss:.4f}  metric {row.metrics[arm]:.4f}")
        for name, (gain, se) in row.gains.items():
            print(f"  selected over {name:12s} {gain:+.4f} +- {se:.4f} nats")
        shares = ", ".join(f"{name} {share:.2f}" for name, share in row.mixture.items())
        print(f"  mixture: {shares or 'the target alone'}")
        print(f"  decoys: {row.decoy_share:.3f} of the mixture, {row.equal_share:.3f} if equal")
    print("\nover seeds (mean; the interval is of the mean over seeds, Student's t, 95 %)")
    for name in BASELINES:
        print(
            f"  selected over {name:12s} {_over_seeds([row.gains[name][0] for row in rows])} nats"
        )
        metric = [row.metrics["selected"] - row.metrics[name] for row in rows]
        print(f"  {'':14s}{'':12s} {_over_seeds(metric)} metric")
    print(f"  decoys' share {np.mean([row.decoy_share for row in rows]):.3f}")


def _over_seeds(values: Sequence[float]) -> str:
    from scipy.stats import t

    mean = float(np.mean(values))
    if len(values) < 2:
        return f"{mean:+.4f}"
    half = float(t.ppf(0.975, len(values) - 1) * np.std(values, ddof=1) / len(values) ** 0.5)
    return f"{mean:+.4f} [{mean - half:+.4f}, {mean + half:+.4f}]"


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("campaign", type=Path)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    folders = {seed: options.out.resolve() / f"seed-{seed}" for seed in options.seeds}
    show([finished(options.campaign, folder, seed) for seed, folder in folders.items()])


if __name__ == "__main__":
    main()
