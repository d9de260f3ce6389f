"""What has no closed form: how large effects are, how noisy branches, how far mixtures misfit."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from policies.branches import Branches
from policies.navigator.earlier import Lessons

_SCALES = (-1.5, -0.75, 0.0, 0.75, 1.5)
"""Deviations from the expected logarithm of the scale."""
_SCALE_DEVIATION = 0.7
"""Of that logarithm, where no earlier campaign tells."""
_NOISES = ((0.0, 0.0, -0.5), (0.0, 1.0, -0.5), (1.0, 0.0, 0.0), (1.0, 1.0, 0.0), (2.0, 1.0, -0.5))
"""Multiples of the expected noise of training and of the expected drift, with the log odds."""
USUAL_MISFIT = 0.15
_MISFITS = ((USUAL_MISFIT, 0.4, 0.0), (0.5, 0.4, -2.0), (1.5, 0.4, -4.0), (1.5, 0.8, -4.0))
"""Deviation and length of the misfit, in units of effect and of sqrt(w), with the log odds."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Noise:
    """How far a measured gain lies from the mixture's."""

    branch: float
    """Noise of training, as a multiple of the standard error of measuring."""
    drift: float
    """Standard deviation added per round of age, in units of the effect size."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Hypothesis:
    """One point of the grid."""

    scale: float
    """Nats per unit of effect."""
    branch: float
    """As `Noise.branch`."""
    drift: float
    misfit: float
    """Standard deviation, in units."""
    length: float
    """Of the misfit, in units of sqrt(w)."""
    log_odds: float
    """Before any evidence."""


def hypotheses(
    known: Lessons | None, seen: Branches, noise: Noise, effect: float
) -> Iterator[Hypothesis]:
    """The grid; misfits matter only once mixtures of several tasks were tested.

    Args:
        known: What earlier campaigns say of the scale.
        seen: The finished branches.
        noise: As expected.
        effect: Scale to expect where no earlier campaign tells, nats.
    """
    centre, deviation = np.log(effect), _SCALE_DEVIATION
    if known is not None:
        centre, deviation = known.spread[0], max(known.spread[1], 0.3)
    size = float(np.abs(seen.gains).max(initial=0.0))
    if size:
        # Gains far beyond what was expected move the grid, so that any scale of loss is usable.
        reach = 1.5 * deviation + np.log(4.0)
        centre = float(np.clip(centre, np.log(size) - reach, np.log(size) + reach))
    sets = bool(((seen.shares > 0).sum(axis=1) > 1).any())
    for step in _SCALES:
        for branch, drift, noise_odds in _NOISES if seen.gains.size else _NOISES[3:4]:
            for misfit, length, misfit_odds in _MISFITS if sets else _MISFITS[:1]:
                yield Hypothesis(
                    scale=float(np.exp(centre + step * deviation)),
                    branch=noise.branch * branch,
                    drift=noise.drift * drift,
                    misfit=misfit,
                    length=length,
                    log_odds=noise_odds + misfit_odds - step**2 / 2,
                )
