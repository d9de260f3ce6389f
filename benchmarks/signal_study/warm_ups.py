"""Each seed's checkpoint: where its branches start and its signals are measured."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.signal_study import design
from engine.training.executor import Setting
from engine.training.jobs import WarmUpResult
from engine.training.workbench import Workbench


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class WarmUp:
    """What a seed's warm-up left behind; nothing in it depends on a single target."""

    checkpoint: str
    """Sha256: a file in OUT/checkpoints."""
    prefixes: NDArray[np.float32]
    """As `WarmUpResult.prefixes`; tasks in the order of `design.TASKS`."""
    data_maps: Mapping[str, NDArray[np.float64]]
    """As `WarmUpResult.data_maps`."""
    moments: str
    """Sha256 of the optimizer's second moments: a file beside the checkpoint."""


def warmed_up(out: Path, seed: int) -> WarmUp:
    """Train it, or read it where it is there."""
    path = out / f"warm-up-{seed}.npz"
    if not path.exists():
        of = design.campaign(out / "cards.yaml", seed=seed)
        result = Workbench(Setting(campaign=of, folder=out)).perform(design.warm_up_job(of))
        assert isinstance(result, WarmUpResult) and result.moments
        found = WarmUp(
            checkpoint=result.checkpoint.sha256,
            prefixes=result.prefixes,
            data_maps=result.data_maps,
            moments=result.moments.sha256,
        )
        keep(found, path)
    return read(path)


def checkpoints(out: Path) -> set[str]:
    """The files of all seeds so far; a branch's own is of no use once it is judged."""
    found = [read(path) for path in out.glob("warm-up-*.npz")]
    return {name for one in found for name in (one.checkpoint, one.moments)}


def keep(warm_up: WarmUp, path: Path) -> None:
    """Write all of it to one file."""
    unfinished = path.with_suffix(".tmp")
    with unfinished.open("wb") as file:
        np.savez(
            file,
            checkpoint=warm_up.checkpoint,
            prefixes=warm_up.prefixes,
            map_names=list(warm_up.data_maps),
            maps=list(warm_up.data_maps.values()),
            moments=warm_up.moments,
        )
    unfinished.rename(path)


def read(path: Path) -> WarmUp:
    """What `keep` wrote."""
    with np.load(path) as arrays:
        names = arrays["map_names"].tolist()
        return WarmUp(
            checkpoint=str(arrays["checkpoint"]),
            prefixes=arrays["prefixes"],
            data_maps=dict(zip(names, arrays["maps"], strict=True)),
            moments=str(arrays["moments"]),
        )
