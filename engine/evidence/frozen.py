"""A past as arrays, so that a campaign that goes on sees what it saw, whatever came since."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from policies import PastBranch

Arrays = dict[str, NDArray[Any]]

_SCORES = "scores/"

# Shape suffixes: B branches, P places in mixtures (a branch and a task each).


def as_arrays(past: Sequence[PastBranch], names: Sequence[str]) -> Arrays:
    """Arrays from which `from_arrays` makes the same past.

    Args:
        past: Its mixtures hold candidates only.
        names: Of all tasks of the campaign, in an order that it keeps.
    """
    place = {name: at for at, name in enumerate(names)}
    target = {name: at for at, name in enumerate(sorted({one.target for one in past}))}
    signals = sorted({signal for one in past for signal in one.scores})
    shares = [
        (at, place[name], share)
        for at, one in enumerate(past)
        for name, share in one.mixture.items()
    ]
    return {
        "targets": np.frombuffer("\n".join(target).encode(), dtype=np.uint8),
        "target_B": np.array([target[one.target] for one in past], dtype=np.int32),
        "gain_B": np.array([one.gain for one in past], dtype=np.float64),
        "se_B": np.array([one.se for one in past], dtype=np.float64),
        "likeness_B": np.array([one.likeness for one in past], dtype=np.float64),
        "branch_P": np.array([at for at, _, _ in shares], dtype=np.int32),
        "task_P": np.array([task for _, task, _ in shares], dtype=np.int32),
        "share_P": np.array([share for _, _, share in shares], dtype=np.float64),
        **{
            f"{_SCORES}{signal}": np.array(
                [one.scores.get(signal, np.nan) for one in past], dtype=np.float64
            )
            for signal in signals
        },
    }


def from_arrays(arrays: Mapping[str, NDArray[Any]], names: Sequence[str]) -> tuple[PastBranch, ...]:
    """What `as_arrays` took apart, bit by bit."""
    targets = arrays["targets"].tobytes().decode().split("\n")
    mixtures: list[dict[str, float]] = [{} for _ in arrays["gain_B"]]
    places = (arrays[key].tolist() for key in ("branch_P", "task_P", "share_P"))
    for branch, task, share in zip(*places, strict=True):
        mixtures[branch][names[task]] = share
    columns = (arrays[key].tolist() for key in ("target_B", "gain_B", "se_B", "likeness_B"))
    return tuple(
        PastBranch(
            target=targets[target],
            mixture=mixture,
            gain=gain,
            se=se,
            scores=scores,
            likeness=likeness,
        )
        for mixture, scores, target, gain, se, likeness in zip(
            mixtures, _scores(arrays), *columns, strict=True
        )
    )


def _scores(arrays: Mapping[str, NDArray[Any]]) -> list[dict[str, float]]:
    """Of each branch, those that are known."""
    found: list[dict[str, float]] = [{} for _ in arrays["gain_B"]]
    for key in sorted(arrays):
        if key.startswith(_SCORES):
            for at in np.flatnonzero(np.isfinite(arrays[key])).tolist():
                found[at][key.removeprefix(_SCORES)] = float(arrays[key][at])
    return found
