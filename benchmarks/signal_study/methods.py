"""From what was measured to scores: what each method says of each candidate for a target."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from engine.campaign.roster import Roster
from engine.signals.readings import Readings
from engine.signals.standing import RANKED_BY, standings

MEAN_RANK: Final = "mean rank"
"""How `sextant measure` orders: mean rank over `standing.RANKED_BY`."""

BY_ADAM: Final = " by Adam"
"""Added to signals for which the target's gradient is divided by the roots of Adam's second
moments."""

OUT_OF_A_HAT: Final = "a score out of a hat"
"""What luck looks like."""

_HAT = 11
"""Last number of the seed that it is drawn with."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """What a method says of one candidate for one target; more is better."""

    seed: int
    target: str
    source: str
    method: str
    score: float
    """NaN is no evidence."""
    se: float = float("nan")
    """Its standard error, NaN where none is known."""


def without_model(roster: Roster, *, seed: int) -> Iterator[Row]:
    """What can be said of the candidates of a campaign's one target without measuring anything."""
    (target,) = roster.targets
    # By the target's place in the alphabet of bytes: no target's draw is another's.
    rng = np.random.default_rng([seed, *target.name.encode(), _HAT])
    for candidate in roster.candidates:
        said = {
            "number of examples": candidate.num_examples,
            "same family": candidate.family == target.family,
            OUT_OF_A_HAT: rng.normal(),
        }
        for method, score in said.items():
            yield Row(
                seed=seed,
                target=target.name,
                source=candidate.name,
                method=method,
                score=float(score),
            )


def of_readings(readings: Readings, target: str, *, seed: int, how: str = "") -> Iterator[Row]:
    """Every signal's scores for a target.

    Args:
        readings: Of the target's candidates.
        target: Its name.
        seed: Of the warm-up.
        how: Added to the signals' names.
    """
    for signal, by_target in readings.scores.items():
        ses_N = readings.ses.get(signal, {}).get(target)
        for row, (candidate, score) in enumerate(
            zip(readings.candidates, by_target[target].tolist(), strict=True)
        ):
            yield Row(
                seed=seed,
                target=target,
                source=candidate,
                method=f"{signal}{how}",
                score=score,
                se=float("nan") if ses_N is None else float(ses_N[row]),
            )


def mean_rank(readings: Readings, target: str, *, seed: int, how: str = "") -> Iterator[Row]:
    """The order in which `sextant measure` shows the candidates, as scores; args as above.

    Raises:
        ValueError: If a signal that it goes by is not among the readings.
    """
    if missing := set(RANKED_BY) - set(readings.scores):
        raise ValueError(f"The mean rank needs {sorted(RANKED_BY)}; missing: {sorted(missing)}.")
    for standing in standings(readings, target):
        yield Row(
            seed=seed,
            target=target,
            source=standing.candidate,
            method=f"{MEAN_RANK}{how}",
            score=-float(standing.place),
        )
