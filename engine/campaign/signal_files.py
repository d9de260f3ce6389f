"""Measured signals as files: parquet for programs, heatmaps and a table for people."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from matplotlib.figure import Figure
from numpy.typing import NDArray

from engine.campaign.measuring import Measured
from engine.signals.clustering import clustered_order
from engine.signals.heatmaps import heatmap, panels
from engine.signals.readings import Readings
from engine.signals.similarity import MOST_PAIRS, similarity
from engine.signals.standing import RANKED_BY, Standing, standings
from engine.storage.whole_file import write_whole

_TOLD = 10
"""Candidates at either end of a target's table."""

_A_HINT, _AGREED = 0.3, 0.6
"""Reliabilities from which affinity is worth a look, and from which its halves agree."""


def write_signals(measured: Measured, folder: Path) -> list[Path]:
    """Write everything that was measured; the files' paths.

    `signals.parquet` has a row for each candidate and target, and for each signal a column, with a
    column of standard errors beside it where some are known; empty is no evidence. `affinity` and
    `similarity` are square, one row a task, its name in column `task`, or `.task` where a task has
    that name itself; of more than `MOST_PAIRS` tasks neither is written.
    """
    written = [folder / "signals.parquet"]
    pq.write_table(pa.table(_columns(measured)), written[0])
    rows = _order(measured)
    signals = _by_target(measured, rows)
    if signals:
        names = [measured.readings.candidates[row] for row in rows]
        written.append(_draw(panels(names, measured.targets, signals), folder / "signals.png"))
    for name, tasks, values in _squares(measured):
        written += _write_square(name, tasks, values, folder)
    written.append(folder / "signals.md")
    write_whole(written[-1], table_text(measured).encode())
    return written


def _columns(measured: Measured) -> dict[str, list[object]]:
    readings, targets = measured.readings, measured.targets
    columns: dict[str, list[object]] = {
        "candidate": [name for _ in targets for name in readings.candidates],
        "target": [target for target in targets for _ in readings.candidates],
    }
    for signal in sorted(readings.scores):
        columns[signal] = _stacked(readings.scores[signal], readings, targets)
        if signal in readings.ses:
            columns[f"{signal}_se"] = _stacked(readings.ses[signal], readings, targets)
    return columns


def _stacked(
    by_target: Mapping[str, NDArray[np.float64]], readings: Readings, targets: Sequence[str]
) -> list[object]:
    nothing = np.full(len(readings.candidates), np.nan)
    values = np.concatenate([by_target.get(target, nothing) for target in targets])
    return [value if np.isfinite(value) else None for value in values.tolist()]


def _order(measured: Measured) -> NDArray[np.intp]:
    """Candidates so that like ones stand together: by gradients, else by prefixes."""
    sketches = measured.readings.sketches
    if sketches is not None and len(sketches) <= MOST_PAIRS:
        return clustered_order(similarity(sketches))
    place = {name: at for at, name in enumerate(measured.tasks)}
    rows = [place[name] for name in measured.readings.candidates]
    if measured.affinity_KK is None:
        return np.arange(len(rows), dtype=np.intp)
    return clustered_order(measured.affinity_KK[np.ix_(rows, rows)])


def _by_target(measured: Measured, rows: NDArray[np.intp]) -> dict[str, NDArray[np.float64]]:
    """By signal (N, S), candidates in the order of `rows`."""
    nothing = np.full(len(rows), np.nan)
    return {
        signal: np.stack([by.get(target, nothing)[rows] for target in measured.targets], axis=1)
        for signal, by in sorted(measured.readings.scores.items())
    }


def _squares(measured: Measured) -> Iterator[tuple[str, Sequence[str], NDArray[np.float64]]]:
    if measured.affinity_KK is not None:
        yield "affinity", measured.tasks, measured.affinity_KK
    sketches = measured.readings.sketches
    if sketches is not None and len(sketches) <= MOST_PAIRS:
        yield "similarity", measured.readings.candidates, similarity(sketches)


def _write_square(
    name: str, tasks: Sequence[str], values: NDArray[np.float64], folder: Path
) -> list[Path]:
    heading = ".task" if "task" in tasks else "task"  # no task's name begins with a dot
    table = {heading: list(tasks), **dict(zip(tasks, values.T.tolist(), strict=True))}
    pq.write_table(pa.table(table), folder / f"{name}.parquet")
    order = clustered_order(values)
    names = [tasks[row] for row in order]
    picture = heatmap(name, names, names, values[np.ix_(order, order)])
    return [folder / f"{name}.parquet", _draw(picture, folder / f"{name}.png")]


def _draw(figure: Figure, path: Path) -> Path:
    figure.savefig(path, dpi=120)
    return path


def table_text(measured: Measured) -> str:
    """Markdown: for each target its first and last candidates, and why; affinity's reliability."""
    tables = [
        f"## Candidates for {target}\n\n{_table(standings(measured.readings, target))}\n"
        for target in measured.targets
    ]
    return "\n".join([*tables, f"{reliability_text(measured.affinity_reliability)}\n"])


def reliability_text(reliability: float) -> str:
    """Affinity's reliability, and what it means for whoever reads affinities."""
    meaning = (
        "the two halves agree"
        if reliability >= _AGREED
        else "affinity is a hint here, no more"
        if reliability >= _A_HINT
        else "do not believe affinity here"
    )
    return f"affinity's reliability (two halves of the warm-up): {reliability:+.2f}: {meaning}"


def _table(found: Sequence[Standing]) -> str:
    shown = [*found[:_TOLD], *found[max(_TOLD, len(found) - _TOLD) :]]
    signals = [name for name in RANKED_BY if any(name in one.scores for one in found)]
    lines = [
        f"| | candidate | {' | '.join([*signals, 'why'])} |",
        "|---" * (len(signals) + 3) + "|",
    ]
    for one in shown:
        numbers = [number_text(one, signal) for signal in signals]
        lines.append(f"| {one.place} | {one.candidate} | {' | '.join([*numbers, one.reason])} |")
    return "\n".join(lines)


def number_text(one: Standing, signal: str) -> str:
    """A score with its standard error; "-" for no evidence."""
    if signal not in one.scores:
        return "-"
    error = f" ±{one.ses[signal]:.2f}" if signal in one.ses else ""
    return f"{one.scores[signal]:+.3f}{error}"
