"""How well a signal orders candidates by what they truly give a target."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from itertools import combinations
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.stats import spearmanr

from benchmarks.signal_study.table import Transfer
from engine.replay.ranking import ndcg, regret_at

# Shape suffixes: S seeds, N candidates.

Readings = Mapping[int, NDArray[np.float64]]
"""seed -> (N,) a signal's scores of one target's candidates; NaN is no evidence."""

TAKEN: Final = 5
"""Candidates that a regret takes."""

_ORDERS = 20
"""Random orders of the candidates over which the measures of a reading with ties are averaged."""

_RESAMPLES = 2000


@dataclass(frozen=True, kw_only=True, slots=True)
class Quality:
    """Agreement of a signal with true transfer."""

    spearman: float
    """In [-1, 1]; 0 for a signal that says the same of all."""
    ndcg: float
    """In [0, 1], as `engine.replay.ranking.ndcg`."""
    regret: float
    """Nats: mean gain of the truly best `TAKEN` minus that of the best by the signal."""
    first_regret: float
    """Nats: gain of the truly best one minus that of the signal's first."""
    metric_regret: float
    """Regret@5 as TaskWeb defines it, of the metric that the branches reached."""
    own_spearman: float
    """As `spearman`, with the gains of the reading's own seed: noisier, but from its checkpoint."""


def quality(
    transfer: Transfer, readings: Readings, rng: np.random.Generator, *, unseen: bool = False
) -> Quality:
    """Mean over the seeds of how well each seed's reading orders the candidates.

    What is true is the mean over all seeds: one seed's gains are noisy.

    Args:
        transfer: Of one target.
        readings: By seed; the seeds of `transfer` that have none are passed over.
        rng: Orders candidates that a reading does not tell apart.
        unseen: Judge each seed's reading by the other seeds alone. For readings that are made
            from the same branches as the truth.

    Raises:
        ValueError: If no seed can be judged.
    """
    parts = []
    for row, seed in enumerate(transfer.seeds):
        judged_by = [at for at in range(len(transfer.seeds)) if not (unseen and at == row)]
        if seed in readings and judged_by:
            gains_N = transfer.gains_SN[judged_by].mean(axis=0)
            metrics_N = transfer.metrics_SN[judged_by].mean(axis=0)
            scores_N = filled(readings[seed])
            own = _spearman(scores_N, transfer.gains_SN[row])
            parts.append((*_measures(scores_N, gains_N, metrics_N, rng), own))
    if not parts:
        raise ValueError(f"No seed of {transfer.target!r} can be judged: {transfer.seeds}.")
    return _quality(np.mean(parts, axis=0))


def at_random(transfer: Transfer, rng: np.random.Generator) -> Quality:
    """What an order without any evidence comes to, on average."""
    blind = {seed: np.zeros(len(transfer.candidates)) for seed in transfer.seeds}
    return quality(transfer, blind, rng)


def filled(scores_N: NDArray[np.float64]) -> NDArray[np.float64]:
    """The scores with those that are no evidence in the middle of the others."""
    known = np.isfinite(scores_N)
    return np.where(known, scores_N, np.median(scores_N[known]) if known.any() else 0.0)


def mean_over_targets(
    values: Sequence[float], rng: np.random.Generator
) -> tuple[float, float, float]:
    """Mean, and the central 95 % of the means when targets are drawn again with replacement."""
    of_targets = np.asarray(values, dtype=np.float64)
    drawn = rng.integers(len(of_targets), size=(_RESAMPLES, len(of_targets)))
    low, high = np.quantile(of_targets[drawn].mean(axis=1), (0.025, 0.975))
    return float(of_targets.mean()), float(low), float(high)


def repeatability(transfer: Transfer) -> float:
    """Mean rank correlation between two seeds' gains; NaN of a single seed.

    What is measured better than this is measured better than by one branch for each candidate.
    """
    return _agreement(list(transfer.gains_SN))


def steadiness(readings: Readings) -> float:
    """Mean rank correlation between two seeds' readings of one target; NaN of a single seed.

    A reading that tells no candidates apart does not count.
    """
    rows = [filled(scores_N) for scores_N in readings.values()]
    return _agreement([row_N for row_N in rows if np.ptp(row_N) > 0])


def ceiling(transfer: Transfer) -> float:
    """What a score that knew the expected gains would reach, since the truth is noisy; or NaN.

    Source: Spearman and Brown's formula for the reliability of a mean, of which the root bounds
    correlations; for ranks it holds roughly.
    """
    of_one, seeds = np.maximum(0.0, repeatability(transfer)), len(transfer.seeds)
    return float(np.sqrt(seeds * of_one / (1 + (seeds - 1) * of_one)))


def _agreement(rows: Sequence[NDArray[np.float64]]) -> float:
    found = [_spearman(first, second) for first, second in combinations(rows, 2)]
    return float(np.mean(found)) if found else float("nan")


def _measures(
    scores_N: NDArray[np.float64],
    gains_N: NDArray[np.float64],
    metrics_N: NDArray[np.float64],
    rng: np.random.Generator,
) -> tuple[float, ...]:
    """As the fields of `Quality`, without the last."""
    tied = len(np.unique(scores_N)) < len(scores_N)
    orders = [rng.permutation(len(scores_N)) for _ in range(_ORDERS if tied else 1)]
    ranked = [(scores_N[order], gains_N[order], metrics_N[order]) for order in orders]
    return (
        _spearman(scores_N, gains_N),
        float(np.mean([ndcg(gains, scores) for scores, gains, _ in ranked])),
        *(
            _taken(gains_N, gains_N, count)
            - float(np.mean([_taken(gains, scores, count) for scores, gains, _ in ranked]))
            for count in (TAKEN, 1)
        ),
        float(np.mean([regret_at(metrics, scores, TAKEN) for scores, _, metrics in ranked])),
    )


def _taken(gains_N: NDArray[np.float64], scores_N: NDArray[np.float64], count: int) -> float:
    return float(gains_N[np.argsort(-scores_N, kind="stable")[:count]].mean())


def _spearman(first_N: NDArray[np.float64], second_N: NDArray[np.float64]) -> float:
    if np.ptp(first_N) == 0 or np.ptp(second_N) == 0:
        return 0.0
    return float(spearmanr(first_N, second_N).statistic)


def _quality(measures: NDArray[np.float64]) -> Quality:
    names = (field.name for field in fields(Quality))
    return Quality(**dict(zip(names, measures.tolist(), strict=True)))
