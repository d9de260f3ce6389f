"""Which candidates stand first and last for a target, and which signals say so."""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

from engine.signals.readings import Readings

RANKED_BY = ("alignment", "affinity", "text")
"""Signals whose ranks are averaged: one of each kind, since near relatives would count twice."""

_FAR = 0.25
"""Share of the candidates at either end that a reason calls high or low, unless it is noise."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Standing:
    """One candidate's place for one target."""

    candidate: str
    place: int
    """1 is the most promising."""
    scores: Mapping[str, float]
    """signal -> score; without those that say nothing."""
    ses: Mapping[str, float]
    reason: str
    """What speaks for it and against it, in one line."""


def standings(readings: Readings, target: str) -> list[Standing]:
    """All candidates for a target, the most promising first.

    Their order is that of the mean rank over the signals of `RANKED_BY` that were measured; a
    candidate of which a signal says nothing stands in its middle.
    """
    ranks = {
        signal: _ranks(readings.scores[signal][target])
        for signal in RANKED_BY
        if target in readings.scores.get(signal, {})
    }
    within = {
        signal: _within_noise(readings.scores[signal][target], readings.ses[signal][target])
        for signal in ranks
        if target in readings.ses.get(signal, {})
    }
    count = len(readings.candidates)
    mean = np.mean(list(ranks.values()), axis=0) if ranks else np.full(count, 0.5)
    order = sorted(range(count), key=lambda row: (-mean[row], readings.candidates[row]))
    return [
        Standing(
            candidate=readings.candidates[row],
            place=place,
            scores=_row(readings.scores, target, row),
            ses=_row(readings.ses, target, row),
            reason=_reason(
                {signal: one[row] for signal, one in ranks.items()},
                {signal for signal, one in within.items() if one[row]},
            ),
        )
        for place, row in enumerate(order, start=1)
    ]


def _ranks(scores_N: NDArray[np.float64]) -> NDArray[np.float64]:
    """(N,) from 0, the least, to 1; the middle where nothing is known."""
    ranks = np.full(len(scores_N), 0.5)
    known = np.isfinite(scores_N)
    if known.sum() > 1:
        ranks[known] = (rankdata(scores_N[known]) - 1) / (known.sum() - 1)
    return ranks


def _row(
    columns: Mapping[str, Mapping[str, NDArray[np.float64]]], target: str, row: int
) -> dict[str, float]:
    found = {signal: float(by[target][row]) for signal, by in columns.items() if target in by}
    return {signal: number for signal, number in found.items() if np.isfinite(number)}


def _within_noise(scores_N: NDArray[np.float64], ses_N: NDArray[np.float64]) -> NDArray[np.bool_]:
    """(N,) whether a score is within its standard error of the others' mean; not where unknown."""
    known = np.isfinite(scores_N)
    others = known.sum() - 1
    if others < 1:
        return np.zeros(len(scores_N), dtype=bool)
    of_others = (scores_N[known].sum() - scores_N) / others
    within: NDArray[np.bool_] = np.abs(scores_N - of_others) <= ses_N
    return within


def _reason(ranks: Mapping[str, float], noise: Set[str]) -> str:
    """High and low signals, and those that only chance has put at an end."""
    high = [signal for signal, rank in ranks.items() if rank >= 1 - _FAR]
    low = [signal for signal, rank in ranks.items() if rank <= _FAR]
    said = {
        "high in": [signal for signal in high if signal not in noise],
        "low in": [signal for signal in low if signal not in noise],
        "within noise in": [signal for signal in ranks if signal in noise & {*high, *low}],
    }
    words = [f"{where} {', '.join(signals)}" for where, signals in said.items() if signals]
    return "; ".join(words) or "in the middle"
