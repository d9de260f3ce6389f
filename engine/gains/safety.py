"""The safety rule: what is delivered is never the arm that validation says is the worse one.

Pure. The gate split decides which arm is delivered; the test split, read once, only reports.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from engine.gains.bootstrap import Resample, interval, resamples
from engine.gains.gain import paired_gain, weighted
from engine.ledger.records import Contender
from engine.training.jobs import Judgement
from tasks import METRICS, Judged

SIMPLEST_FIRST: Final = ("target-only", "all-tasks", "selected")
"""The arms, as ties are decided."""

_ROUNDING = 1e-9
"""Nats: a difference of mean losses below this is none."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Arm:
    """One way to spend the budget, trained to its end."""

    name: str
    """One of `SIMPLEST_FIRST`."""
    job: str
    cost: int
    """Training tokens charged to this arm in all."""
    gate_losses: Mapping[str, NDArray[np.float64]]
    """target -> (n,) calibrated losses, nats, the same examples for every arm."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Reference:
    """A target's test split, as reports need it."""

    gold: NDArray[np.float64]
    """(n,) right answers, in the split's order."""
    metric: str
    """A key of `tasks.METRICS`."""
    labels: tuple[str, ...] = ()
    """Label names in index order."""
    groups: NDArray[np.int64] | None = None
    """(n,) as `tasks.questions_of`, for metrics that read groups."""


def deliver(arms: Sequence[Arm], weights: Mapping[str, float]) -> Arm:
    """The arm with the lowest calibrated loss on the gate split; of equals the simplest.

    Compared pair by pair on the same examples, the simplest arm first: a less simple one takes its
    place only by being better.

    Args:
        arms: At least one, names distinct.
        weights: target -> weight, summing to 1.

    Raises:
        ValueError: If there is no arm, a name is unknown or a loss is not finite.
    """
    if not arms or {arm.name for arm in arms} - set(SIMPLEST_FIRST):
        names = [arm.name for arm in arms]
        raise ValueError(f"Delivery chooses among arms named {SIMPLEST_FIRST}, got {names}.")
    best, *others = sorted(arms, key=lambda arm: SIMPLEST_FIRST.index(arm.name))
    for arm in others:
        if _gain(best.gate_losses, arm.gate_losses, weights) > _ROUNDING:
            best = arm
    return best


def gate_loss(arm: Arm, weights: Mapping[str, float]) -> float:
    """Weighted mean over the targets, nats per example."""
    return float(sum(weights[name] * arm.gate_losses[name].mean() for name in weights))


def contenders(
    arms: Sequence[Arm],
    tests: Mapping[str, Mapping[str, Judgement]],
    references: Mapping[str, Reference],
    weights: Mapping[str, float],
    rng: np.random.Generator,
) -> tuple[Contender, ...]:
    """What the report says of each arm.

    Args:
        arms: In the order of the report.
        tests: arm name -> target -> judgement on the test split.
        references: target -> what the judgements are judged by.
        weights: target -> weight, summing to 1.
        rng: Of the bootstrap; every arm meets the same resamples.

    Returns:
        One each. `gain` and `gain_se` (paired, nats per example, over target-only) are left out
        where there is no target-only arm to compare with.

    Raises:
        ValueError: If a loss is not finite or two arms judged different examples.
    """
    baseline = tests.get("target-only")
    drawn = {name: resamples(len(ref.gold), ref.groups, rng) for name, ref in references.items()}
    return tuple(
        Contender(
            arm=arm.name,
            job=arm.job,
            cost=arm.cost,
            gate_loss=gate_loss(arm, weights),
            test={
                name: {
                    "loss": float(judgement.losses.mean()),
                    **_metric_interval(judgement, references[name], drawn[name]),
                    **(_gain_over(baseline[name], judgement) if baseline else {}),
                }
                for name, judgement in tests[arm.name].items()
            },
        )
        for arm in arms
    )


def _gain(
    control: Mapping[str, NDArray[np.float64]],
    branch: Mapping[str, NDArray[np.float64]],
    weights: Mapping[str, float],
) -> float:
    parts = {name: paired_gain(control[name], branch[name]) for name in weights}
    return weighted(parts, weights)[0]


def _gain_over(baseline: Judgement, judgement: Judgement) -> dict[str, float]:
    gain, se = paired_gain(baseline.losses, judgement.losses)
    return {"gain": gain, "gain_se": se}


def _metric_interval(
    judgement: Judgement, reference: Reference, drawn: Sequence[Resample]
) -> dict[str, float]:
    judged = Judged(
        predictions=judgement.predictions,
        references=reference.gold,
        labels=reference.labels,
        beliefs=judgement.beliefs,
        groups=reference.groups,
    )
    low, high = interval(METRICS[reference.metric], judged, drawn)
    return {"metric": judgement.metric, "metric_low": low, "metric_high": high}
