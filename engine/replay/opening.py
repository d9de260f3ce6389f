"""From a table's file to a world: its kind is recognised by its columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from engine.replay.mixture_file import (
    LOSS,
    SET_COLUMNS,
    WEIGHT,
    set_targets,
    weighted_targets,
)
from engine.replay.mixtures import MixtureTarget
from engine.replay.pair_gains import Control, gains_of
from engine.replay.pairwise import PairwiseTable
from engine.replay.pairwise_file import COLUMNS, pairwise_table, with_sets, with_signals
from engine.replay.priors import pairwise_target
from engine.replay.recorded import World
from engine.replay.set_gains import CENTRED, is_centred
from engine.replay.table_file import TableFile, read_table
from tasks import InputError, nearest

Answered = Literal["nearest", "surrogate"]

NEAREST = (
    "A mixture is answered by the nearest recorded run (Hellinger distance) that was not drawn "
    "yet, and the policy is told which it was; the final one is judged by the nearest of all."
)
PREDICTED = (
    "A mixture is answered, and the final one judged, by a Gaussian process fitted to all "
    "recorded runs: gains are smooth predictions, and regret is against the best recorded mixture."
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Opening:
    """How a table is to be replayed."""

    setup: str | None = None
    """Of a pairwise table that has several."""
    signals: Path | None = None
    """Scores known before training, for a pairwise table."""
    sets: Path | None = None
    """Results of several sources together, for a pairwise table."""
    targets: tuple[str, ...] = ()
    """Only these; empty: all."""
    control: Control = "seed"
    past: bool = True
    """Whether the view's past holds the other targets' results of a pairwise table."""
    probe_size: int | None = 1
    """Sources in each probe of a pairwise table; None leaves it to the policy."""
    answer: Answered = "nearest"
    """How a mixture that nobody ran is answered, of a table of mixtures."""
    pick: int | None = 5
    """Sources in the final mixture of a pairwise table; None leaves it to the policy."""


def open_world(path: Path, opening: Opening) -> World:
    """Read a table and make its targets ready.

    Raises:
        InputError: Naming the file, column, row or option.
    """
    file = read_table(path)
    if set(COLUMNS) <= set(file.columns):
        return _pairwise_world(file, opening)
    if any(name.startswith(WEIGHT) for name in file.columns):
        return _mixture_world(weighted_targets(file), opening)
    if set(SET_COLUMNS) <= set(file.columns):
        return _mixture_world(set_targets(file), opening)
    missing = [column for column in COLUMNS if column not in file.columns]
    raise InputError(
        [
            f"{path}: neither pairs (columns {', '.join(COLUMNS)}) nor mixtures ({WEIGHT}<task> and"
            f" {LOSS}<target>) nor sets ({', '.join(SET_COLUMNS)}). Of pairs the column"
            f" {missing[0]!r} is missing. {nearest(missing[0], file.columns)}"
        ]
    )


def _pairwise(file: TableFile, opening: Opening) -> PairwiseTable:
    table = pairwise_table(file, opening.setup)
    if opening.signals is not None:
        table = with_signals(table, opening.signals)
    if opening.sets is not None:
        table = with_sets(table, opening.sets)
    return table


def _pairwise_world(file: TableFile, opening: Opening) -> World:
    table = _pairwise(file, opening)
    names = _chosen(table.targets, opening.targets)
    _check_sizes(table, names, opening)
    gains = gains_of(table, opening.control)
    for target, level in zip(table.targets, gains.levels_T, strict=True):
        if not level > 0:
            said = f"scores must be above 0 in the mean, got {level:g}; regret is relative to them."
            raise InputError([f"{file.path}: target {target!r}: {said}"])
    return World(
        targets=tuple(
            pairwise_target(
                table,
                name,
                gains,
                with_past=opening.past,
                tested=opening.probe_size,
                kept=opening.pick,
            )
            for name in names
        ),
        regret_unit="% of the best",
        regret_factor=100.0,
        assumptions=_assumptions(table, opening),
    )


def _check_sizes(table: PairwiseTable, names: Sequence[str], opening: Opening) -> None:
    """Refuse more sources in a mixture than any of the targets has results with."""
    rows = [table.targets.index(name) for name in names]
    most = int(np.isfinite(table.scores_TNS[rows]).any(axis=2).sum(axis=1).max())
    sizes = {"--pick": opening.pick, "--probe-size": opening.probe_size}
    problems = [
        f"{option}: {size} is more sources than any target has results with; give at most {most},"
        " or 'any'."
        for option, size in sizes.items()
        if size is not None and size > most
    ]
    if problems:
        raise InputError(problems)


def _assumptions(table: PairwiseTable, opening: Opening) -> tuple[str, ...]:
    several = opening.probe_size != 1
    unrun = "Of several sources, the gain is the mean of single runs' gains, weighted by share"
    said = [f"{unrun}{', unless that set was recorded' if table.sets else ''}."] if several else []
    return (*said, *([CENTRED] if several and is_centred(table) else []))


def _mixture_world(targets: Sequence[MixtureTarget], opening: Opening) -> World:
    for option in ("setup", "signals", "sets"):
        if getattr(opening, option) is not None:
            raise InputError([f"--{option}: is of a table of pairs; this one holds mixtures."])
    names = _chosen([target.name for target in targets], opening.targets)
    chosen = [target for target in targets if target.name in names]
    predicted = opening.answer == "surrogate"
    return World(
        targets=tuple(target.with_surrogate() for target in chosen) if predicted else tuple(chosen),
        regret_unit="in the unit of the results",
        assumptions=(PREDICTED if predicted else NEAREST,),
    )


def _chosen(known: Sequence[str], wanted: Sequence[str]) -> tuple[str, ...]:
    for name in wanted:
        if name not in known:
            raise InputError([f"--targets: no target {name!r}. {nearest(name, known)}"])
    return tuple(wanted) or tuple(known)
