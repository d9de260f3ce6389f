"""From what the warm-up left behind to readings of the candidates."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.campaign.roster import Roster
from engine.signals.affinity import affinity_towards
from engine.signals.readings import Columns, Readings

Arrays = Mapping[str, NDArray[Any]]


def warm_up_readings(roster: Roster, arrays: Arrays, signals: Collection[str]) -> Readings:
    """Affinities with their standard errors, and data maps, as far as they are wanted and there.

    Args:
        roster: Its candidates are the rows.
        arrays: As `read_warm_up` gives them.
        signals: Those that the policy needs.
    """
    row = {name: number for number, name in enumerate(roster.names)}
    rows = [row[candidate.name] for candidate in roster.candidates]
    scores: dict[str, Mapping[str, NDArray[np.float64]]] = {
        signal: {target.name: arrays[f"data_maps/{signal}"][rows] for target in roster.targets}
        for signal in sorted(signals)
        if f"data_maps/{signal}" in arrays
    }
    ses: Columns = {}
    if "affinity" in signals:
        names = [target.name for target in roster.targets]
        found = affinity_towards(arrays["prefixes"], [row[name] for name in names])
        scores["affinity"] = dict(zip(names, found.scores_KS[rows].T, strict=True))
        ses = {"affinity": dict(zip(names, found.ses_KS[rows].T, strict=True))}
    names_N = tuple(candidate.name for candidate in roster.candidates)
    return Readings(candidates=names_N, scores=scores, ses=ses)
