"""Small tables of recorded results, made by hand, as the replay reads them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from engine.replay.opening import Opening, open_world
from engine.replay.pairwise import PairwiseTarget
from engine.replay.recorded import World

SEEDS = (1, 2, 3, 4)
TARGETS = ("red", "blue", "green")
SOURCES = ("red", "blue", "green", "north", "south", "east")


def pair_rows(*, baselines: bool = True) -> list[dict[str, Any]]:
    """Scores around 50 (red), 60 (blue) and 70 (green); `north` helps everyone, `south` nobody."""
    rng = np.random.default_rng(5)
    worth = {"north": 5.0, "south": -5.0, "east": 2.0}
    rows = []
    for level, target in zip((50.0, 60.0, 70.0), TARGETS, strict=True):
        for seed in SEEDS:
            found = {source: level + worth.get(source, 0.0) for source in SOURCES}
            found = {source: score for source, score in found.items() if source != target}
            for source, score in (*found.items(), *([("none", level)] if baselines else [])):
                noisy = round(score + 0.4 * float(rng.normal()), 3)
                rows.append({"source": source, "target": target, "seed": seed, "score": noisy})
    return rows


def written(rows: Sequence[Mapping[str, Any]], path: Path) -> Path:
    """The rows as a parquet file."""
    pq.write_table(pa.Table.from_pylist([dict(row) for row in rows]), path)
    return path


def pair_world(folder: Path, opening: Opening | None = None, *, baselines: bool = True) -> World:
    """The world of `pair_rows`."""
    path = written(pair_rows(baselines=baselines), folder / "pairs.parquet")
    return open_world(path, opening or Opening(pick=2))


def pair_target(world: World, name: str) -> PairwiseTarget:
    """One target of it."""
    found = next(target for target in world.targets if target.name == name)
    assert isinstance(found, PairwiseTarget)
    return found


def score_of(target: str, source: str, seed: int) -> float:
    """A recorded score."""
    wanted = {"source": source, "target": target, "seed": seed}
    return next(float(row["score"]) for row in pair_rows() if wanted.items() <= row.items())


def mixture_rows() -> list[dict[str, Any]]:
    """Runs of three tasks a, b and c: the loss of `far` falls with a, that of `near` with b."""
    shares = [(1, 0, 0), (0, 1, 0), (0, 0, 1), (0.5, 0.5, 0), (0.5, 0, 0.5), (0.2, 0.4, 0.4)]
    return [
        {"run": at, "w_a": a, "w_b": b, "w_c": c, "loss_far": 3.0 - a, "loss_near": 2.0 - b + c}
        for at, (a, b, c) in enumerate([*shares, (0.34, 0.33, 0.33)])
    ]


def mixture_world(folder: Path, opening: Opening | None = None) -> World:
    """The world of `mixture_rows`."""
    path = written(mixture_rows(), folder / "mixtures.parquet")
    return open_world(path, opening or Opening())
