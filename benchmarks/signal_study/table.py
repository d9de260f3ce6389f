"""From finished branches to true transfer: each candidate's gain for each target, by seed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from benchmarks.signal_study.branches import Branch
from engine.gains.gain import paired_gain

# Shape suffixes: S seeds, N candidates, B branches with the control, M test examples.

ALONE: Final = "none"
"""What `sextant replay` calls the source of a target that trained alone."""


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Transfer:
    """One target: what every candidate gave it, in the seeds in which all were tried."""

    target: str
    seeds: tuple[int, ...]
    candidates: tuple[str, ...]
    gains_SN: NDArray[np.float64]
    """Over the control of the same seed, nats per test example, calibrated."""
    ses_SN: NDArray[np.float64]
    """Standard errors of these, of the examples alone."""
    mean_ses_N: NDArray[np.float64]
    """Standard errors of the means over seeds: of the examples, and of the seeds where there are
    several. How far seeds lie apart is taken to be the same for all candidates of a target."""
    trial_gains_SN: NDArray[np.float64]
    """The same on the selection split: what a campaign would see of such a branch."""
    metrics_SN: NDArray[np.float64]
    """The metric that each branch reached on the test split."""


def transfers(branches: Iterable[Branch], *, candidates: Sequence[str]) -> list[Transfer]:
    """Each target's transfer.

    Args:
        branches: In any order.
        candidates: All that are tried; a target's are these but itself.

    Returns:
        The targets of which at least one seed is complete, in the order of their first branch.
    """
    done = {(one.target, one.seed, one.candidate): one for one in branches}
    found = []
    for target in dict.fromkeys(target for target, _, _ in done):
        names = tuple(name for name in candidates if name != target)
        tried = sorted({seed for of, seed, _ in done if of == target})
        rows = {
            seed: [done[target, seed, name] for name in ("", *names)]
            for seed in tried
            if all((target, seed, name) in done for name in ("", *names))
        }
        if rows:
            found.append(_transfer(target, names, rows))
    return found


def _transfer(target: str, names: tuple[str, ...], rows: dict[int, list[Branch]]) -> Transfer:
    test, trial = (
        np.array(
            [
                [paired_gain(getattr(control, split), getattr(one, split)) for one in others]
                for control, *others in rows.values()
            ]
        )
        for split in ("test_losses", "selection_losses")
    )
    return Transfer(
        target=target,
        seeds=tuple(rows),
        candidates=names,
        gains_SN=test[..., 0],
        ses_SN=test[..., 1],
        mean_ses_N=_mean_ses(rows, test[..., 0]),
        trial_gains_SN=trial[..., 0],
        metrics_SN=np.array([[one.test_metric for one in others] for _, *others in rows.values()]),
    )


def _mean_ses(rows: dict[int, list[Branch]], gains_SN: NDArray[np.float64]) -> NDArray[np.float64]:
    # All seeds are judged by the same examples, whose luck does not average out over seeds.
    losses_SBM = np.array([[one.test_losses for one in branches] for branches in rows.values()])
    gains_NM = (losses_SBM[:, :1] - losses_SBM[:, 1:]).mean(axis=0)
    squares_N = gains_NM.var(axis=1, ddof=1) / gains_NM.shape[1]
    seeds = len(gains_SN)
    apart = gains_SN.var(axis=0, ddof=1).mean() / seeds if seeds > 1 else 0.0
    ses_N: NDArray[np.float64] = np.sqrt(squares_N + apart)
    return ses_N


def write(branches: Iterable[Branch], path: Path) -> None:
    """Keep every branch as a row that `sextant replay` reads; `score` is minus the test loss."""
    rows = [
        {
            "source": one.candidate or ALONE,
            "target": one.target,
            "seed": one.seed,
            "score": -float(np.mean(one.test_losses)),
            "plain_score": -float(np.mean(one.plain_test_losses)),
            "metric": one.test_metric,
        }
        for one in branches
    ]
    pq.write_table(pa.Table.from_pylist(rows), path)
