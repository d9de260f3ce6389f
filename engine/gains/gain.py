"""Gains: paired differences between a branch and the control, with their standard errors.

The standard error is that of the examples; what another seed of the same training would change is
not in it, which is why one branch is evidence and several are needed for trust.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtri, stdtrit

from engine.ledger.records import GainLine
from engine.training.jobs import Evaluation


@dataclass(frozen=True, kw_only=True, slots=True)
class Comparison:
    """A branch against the control; gains in nats per example, weighted over the targets."""

    gain: float
    """On the selection split; what policies learn from."""
    se: float
    gate_gain: float
    """On the gate split; what the advance rule reads."""
    gate_se: float
    targets: Mapping[str, Mapping[str, float]]
    """target -> {gain, se, metric_gain} on the selection split."""

    def line(self, *, branch: str, cost: int) -> GainLine:
        """The ledger's line for a branch that finished; `cost` in training tokens."""
        return GainLine(
            branch=branch,
            status="finished",
            cost=cost,
            gain=self.gain,
            se=self.se,
            gate_gain=self.gate_gain,
            gate_se=self.gate_se,
            targets=self.targets,
        )


def paired_gain(control_losses: ArrayLike, branch_losses: ArrayLike) -> tuple[float, float]:
    """Mean of (control's loss - branch's loss) over the examples, and its standard error.

    Args:
        control_losses: (n,) nats, n at least 2.
        branch_losses: (n,) nats of the same examples in the same order.

    Returns:
        Gain, positive where the branch is better, and standard error, 0 or more.

    Raises:
        ValueError: If the shapes disagree, n is below 2 or a loss is not finite.
    """
    control = np.asarray(control_losses, dtype=np.float64)
    branch = np.asarray(branch_losses, dtype=np.float64)
    if control.ndim != 1 or control.shape != branch.shape or len(control) < 2:
        raise ValueError(
            "A paired gain needs the same 2 or more examples from control and branch, "
            f"got shapes {control.shape} and {branch.shape}."
        )
    for name, losses in (("control", control), ("branch", branch)):
        if not np.isfinite(losses).all():
            bad = int((~np.isfinite(losses)).sum())
            raise ValueError(f"{bad} of {len(losses)} losses of the {name} are not finite.")
    difference = control - branch
    return float(difference.mean()), float(difference.std(ddof=1) / math.sqrt(len(difference)))


def weighted(
    gains: Mapping[str, tuple[float, float]], weights: Mapping[str, float]
) -> tuple[float, float]:
    """Weighted mean of independent (gain, standard error) pairs.

    Args:
        gains: target -> (gain, se).
        weights: target -> weight above 0, summing to 1.

    Raises:
        ValueError: If the two name different targets.
    """
    if gains.keys() != weights.keys():
        raise ValueError(f"Gains are of {sorted(gains)}, weights of {sorted(weights)}.")
    gain = sum(weights[name] * gains[name][0] for name in weights)
    se = math.hypot(*(weights[name] * gains[name][1] for name in weights))
    return float(gain), se


def lower_bound(gain: float, se: float, *, confidence: float, degrees: float = math.inf) -> float:
    """One-sided lower confidence bound of a gain.

    Args:
        gain: In any unit.
        se: Its standard error, in the same unit.
        confidence: Level, between 0 and 1; 0.5 gives `gain` itself.
        degrees: Degrees of freedom of Student's t (examples - 1); infinite takes the normal, good
            from some 50 examples on.

    Raises:
        ValueError: If an argument is out of range or not finite.
    """
    if not (math.isfinite(gain) and math.isfinite(se) and se >= 0):
        raise ValueError(f"A bound needs a finite gain and se >= 0, got {gain} and {se}.")
    if not (0 < confidence < 1 and degrees > 0):
        raise ValueError(f"Need 0 < confidence < 1 and degrees > 0, got {confidence}, {degrees}.")
    quantile = ndtri(confidence) if math.isinf(degrees) else stdtrit(degrees, confidence)
    return gain - float(quantile) * se


def compare(
    control: Mapping[str, Evaluation],
    branch: Mapping[str, Evaluation],
    weights: Mapping[str, float],
) -> Comparison:
    """Gains of a branch over the control, calibrated, on both splits.

    Raises:
        ValueError: If a loss or metric is not finite or the two judged different examples. The
            caller records a failed branch.
    """
    if not control.keys() == branch.keys() == weights.keys():
        raise ValueError(
            f"Control judged {sorted(control)}, the branch {sorted(branch)}; "
            f"targets are {sorted(weights)}."
        )
    selection = {
        name: paired_gain(control[name].selection.losses, branch[name].selection.losses)
        for name in weights
    }
    gate = {
        name: paired_gain(control[name].gate.losses, branch[name].gate.losses) for name in weights
    }
    gain, se = weighted(selection, weights)
    gate_gain, gate_se = weighted(gate, weights)
    targets = {
        name: {
            "gain": part,
            "se": part_se,
            "metric_gain": _metric_gain(control[name], branch[name]),
        }
        for name, (part, part_se) in selection.items()
    }
    return Comparison(gain=gain, se=se, gate_gain=gate_gain, gate_se=gate_se, targets=targets)


def _metric_gain(control: Evaluation, branch: Evaluation) -> float:
    difference = branch.selection.metric - control.selection.metric
    if not math.isfinite(difference):
        raise ValueError(
            f"A metric is not finite: control {control.selection.metric}, "
            f"branch {branch.selection.metric}."
        )
    return difference
