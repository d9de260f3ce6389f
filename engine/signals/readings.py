"""Readings: what was measured of the candidates, a column for each signal and target."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

# Shape suffixes: N candidates, k places of a sketch.

Columns = Mapping[str, Mapping[str, NDArray[np.float64]]]
"""signal -> target -> (N,) numbers; NaN is no evidence."""

Scores = Mapping[str, Mapping[str, Mapping[str, float]]]
"""candidate -> signal -> target -> number; what is no evidence has no key."""


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Readings:
    """What is known of the candidates when a round begins."""

    candidates: tuple[str, ...]
    """Names: the rows of everything else."""
    scores: Columns = field(default_factory=dict)
    ses: Columns = field(default_factory=dict)
    """Standard errors of scores, where some are known."""
    sketches: NDArray[np.float32] | None = None
    """(N, k) sketched gradients at length 1, rows of zeros where nothing is known."""


def joined(first: Readings, *others: Readings) -> Readings:
    """Readings of the same candidates side by side; of a signal that two have, the last one's."""
    parts = [first, *others]
    sketches = [part.sketches for part in parts if part.sketches is not None]
    return Readings(
        candidates=first.candidates,
        scores={signal: by for part in parts for signal, by in part.scores.items()},
        ses={signal: by for part in parts for signal, by in part.ses.items()},
        sketches=sketches[-1] if sketches else None,
    )


def only(readings: Readings, signals: Collection[str]) -> Readings:
    """What concerns these signals; sketches where similarity is one of them."""
    return Readings(
        candidates=readings.candidates,
        scores={signal: by for signal, by in readings.scores.items() if signal in signals},
        ses={signal: by for signal, by in readings.ses.items() if signal in signals},
        sketches=readings.sketches if "similarity" in signals else None,
    )


def without(readings: Readings, gone: Collection[str]) -> Readings:
    """What is left once some candidates were withdrawn."""
    return of(readings, [name for name in readings.candidates if name not in gone])


def of(readings: Readings, candidates: Sequence[str]) -> Readings:
    """The rows of these candidates; of one that has none, nothing is known."""
    row = {name: number for number, name in enumerate(readings.candidates)}
    rows = np.array([row.get(name, -1) for name in candidates], dtype=np.int64)
    sketches = readings.sketches
    return Readings(
        candidates=tuple(candidates),
        scores=_rows_of(readings.scores, rows),
        ses=_rows_of(readings.ses, rows),
        sketches=None if sketches is None else _taken(sketches, rows, missing=0.0),
    )


def by_candidate(columns: Columns, candidates: Sequence[str]) -> Scores:
    """The same numbers for those who look a candidate up."""
    found: dict[str, dict[str, dict[str, float]]] = {name: {} for name in candidates}
    for signal, by_target in columns.items():
        for target, numbers in by_target.items():
            for by, number in zip(found.values(), numbers.tolist(), strict=True):
                if math.isfinite(number):
                    by.setdefault(signal, {})[target] = number
    return found


def as_arrays(readings: Readings, tasks: Collection[str]) -> dict[str, NDArray[Any]]:
    """Arrays from which `from_arrays` makes the same readings.

    Args:
        readings: To be kept.
        tasks: All of the campaign's, in any order.
    """
    place = {name: number for number, name in enumerate(sorted(tasks))}
    places = [place[name] for name in readings.candidates]
    arrays: dict[str, NDArray[Any]] = {"candidates": np.array(places, dtype=np.int32)}
    arrays |= flat_columns(readings.scores, "scores") | flat_columns(readings.ses, "ses")
    return arrays if readings.sketches is None else {**arrays, "sketches": readings.sketches}


def from_arrays(arrays: Mapping[str, NDArray[Any]], tasks: Collection[str]) -> Readings:
    """What `as_arrays` took apart."""
    names = sorted(tasks)
    return Readings(
        candidates=tuple(names[place] for place in arrays["candidates"].tolist()),
        scores=columns_of(arrays, "scores"),
        ses=columns_of(arrays, "ses"),
        sketches=arrays.get("sketches"),
    )


def flat_columns(columns: Columns, kind: str) -> dict[str, NDArray[np.float64]]:
    """The columns by name, `kind/signal/target`."""
    return {
        f"{kind}/{signal}/{target}": one
        for signal, by_target in columns.items()
        for target, one in by_target.items()
    }


def columns_of(arrays: Mapping[str, NDArray[Any]], kind: str) -> Columns:
    """The columns that `flat_columns` named, sorted by name."""
    found: dict[str, dict[str, NDArray[np.float64]]] = {}
    for key in sorted(arrays):
        begins, _, rest = key.partition("/")
        signal, _, target = rest.partition("/")
        if begins == kind and target:
            found.setdefault(signal, {})[target] = arrays[key]
    return found


def _rows_of(columns: Columns, rows: NDArray[np.int64]) -> Columns:
    return {
        signal: {target: _taken(one, rows, missing=np.nan) for target, one in by_target.items()}
        for signal, by_target in columns.items()
    }


def _taken(values_N: NDArray[Any], rows: NDArray[np.int64], *, missing: float) -> NDArray[Any]:
    """`values_N[rows]`, and `missing` where the row is -1."""
    taken = np.full((len(rows), *values_N.shape[1:]), missing, dtype=values_N.dtype)
    known = rows >= 0
    taken[known] = values_N[rows[known]]
    return taken
