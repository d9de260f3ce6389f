"""From files to a pairwise table: scores, signals and recorded sets, with their columns checked.

Shapes: T targets, N sources, S seeds.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from engine.replay.pairwise import PairwiseTable
from engine.replay.ranking import FloatArray
from engine.replay.table_file import TableFile, read_table
from tasks import InputError, nearest

Key = TypeVar("Key", bound=Hashable)

COLUMNS = ("source", "target", "seed", "score")
NO_SOURCE = "none"
"""In column `source`: trained on the target alone."""


def pairwise_table(file: TableFile, setup: str | None) -> PairwiseTable:
    """Scores by target, source and seed.

    Left out: rows without a score, of a task with itself, and whose `official` is false.

    Args:
        file: With the columns of `COLUMNS`.
        setup: Which rows to take, of a file whose column `setup` has several.

    Raises:
        InputError: Naming file, column and row.
    """
    targets, sources = file.texts("target"), file.texts("source")
    scores, seeds = file.numbers("score"), file.numbers("seed")
    apart = np.array([source != target for source, target in zip(sources, targets, strict=True)])
    taken = _of_setup(file, setup) & file.flags("official") & np.isfinite(scores) & apart
    rows = np.flatnonzero(taken)
    if all(sources[row] == NO_SOURCE for row in rows):
        raise InputError([f"{file.path}: no row holds a score of a source with another target."])
    if not np.isfinite(seeds[rows]).all():
        row = int(rows[~np.isfinite(seeds[rows])][0])
        raise InputError([f"{file.place('seed', row)}: is empty; expected a number."])
    cells = {at: (targets[at], sources[at], float(seeds[at])) for at in map(int, rows)}
    _refuse_repeats(file, cells)
    return _filled(cells, scores)


def with_signals(table: PairwiseTable, path: Path) -> PairwiseTable:
    """The same with the signals of a file that has `target`, `source`, `method` and `score`.

    Pairs that the table does not have are passed over.

    Raises:
        InputError: Naming file and column; or the file is about no pair of the table.
    """
    file = read_table(path)
    columns = [file.texts(column) for column in ("method", "target", "source")]
    rows, places = _places(table.targets), _places(table.sources)
    blank = np.full((len(rows), len(places)), np.nan)
    signals = {method: blank.copy() for method in sorted(set(columns[0]))}
    for method, target, source, score in zip(*columns, file.numbers("score"), strict=True):
        if target in rows and source in places:
            signals[method][rows[target], places[source]] = score
    if not any(np.isfinite(scores).any() for scores in signals.values()):
        raise InputError([f"{path}: no row is about a source and a target of the table."])
    return replace(table, signals=signals)


def with_sets(table: PairwiseTable, path: Path) -> PairwiseTable:
    """The same with the recorded sets of a file that has `target`, `sources`, `seed` and `score`.

    Several scores of a seed are averaged. Targets and sets that the table does not have are
    passed over; no source at all is a baseline.

    Raises:
        InputError: Naming file and column; or the file is about no set of the table.
    """
    file = read_table(path)
    columns = (file.texts("target"), file.sets("sources"), file.numbers("seed"))
    runs: dict[tuple[str, frozenset[str]], dict[float, list[float]]] = {}
    for target, tasks, seed, score in zip(*columns, file.numbers("score"), strict=True):
        if target in table.targets and tasks <= set(table.sources) and np.isfinite(score):
            runs.setdefault((target, tasks), {}).setdefault(seed, []).append(score)
    if not runs:
        raise InputError([f"{path}: no row is about sources and a target of the table."])
    means = {
        key: np.array([np.mean(found) for _, found in sorted(by_seed.items())])
        for key, by_seed in runs.items()
    }
    return replace(table, sets=means)


def _of_setup(file: TableFile, setup: str | None) -> NDArray[np.bool_]:
    if "setup" not in file.columns:
        if setup is not None:
            raise InputError([f"--setup: {file.path} has no column 'setup'."])
        return file.flags("setup")
    setups = file.texts("setup")
    known = sorted(set(setups))
    if setup is None and len(known) > 1:
        raise InputError([f"{file.path}: holds several setups; choose: --setup {'|'.join(known)}."])
    chosen = known[0] if setup is None else setup
    if chosen not in known:
        raise InputError(
            [f"--setup: {file.path} has none named {chosen!r}. {nearest(chosen, known)}"]
        )
    return np.array([one == chosen for one in setups])


def _refuse_repeats(file: TableFile, cells: Mapping[int, tuple[str, str, float]]) -> None:
    first: dict[tuple[str, str, float], int] = {}
    for row, cell in cells.items():
        if cell in first:
            target, source, seed = cell
            raise InputError(
                [
                    f"{file.path}: rows {first[cell] + 1} and {row + 1} are both source {source!r},"
                    f" target {target!r}, seed {seed:g}. Keep one, or tell them apart by `setup`."
                ]
            )
        first[cell] = row


def _filled(cells: Mapping[int, tuple[str, str, float]], scores: FloatArray) -> PairwiseTable:
    with_source = [cell for cell in cells.values() if cell[1] != NO_SOURCE]
    rows = _places(target for target, _, _ in with_source)
    places = _places(sorted({source for _, source, _ in with_source}))
    seeds = _places(sorted({seed for _, _, seed in cells.values()}))
    cube = np.full((len(rows), len(places), len(seeds)), np.nan)
    baselines = np.full((len(rows), len(seeds)), np.nan)
    for at, (target, source, seed) in cells.items():
        if source != NO_SOURCE:
            cube[rows[target], places[source], seeds[seed]] = scores[at]
        elif target in rows:
            baselines[rows[target], seeds[seed]] = scores[at]
    return PairwiseTable(
        targets=tuple(rows), sources=tuple(places), scores_TNS=cube, baselines_TS=baselines
    )


def _places(names: Iterable[Key]) -> dict[Key, int]:
    return {name: at for at, name in enumerate(dict.fromkeys(names))}
