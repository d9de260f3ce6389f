"""The gain of a mixture as a sum of its tasks' effects, by ridge regression.

Shapes: T finished branches, S shortlisted candidates.
"""

from __future__ import annotations

import numpy as np

from policies.roster import FloatArray


def linear_effects(
    traits: FloatArray, gains: FloatArray, ses: FloatArray, ridge: float = 1.0
) -> tuple[FloatArray, FloatArray]:
    """Each task's effect, and its standard error.

    There is no intercept: a mixture of nothing is the control, whose gain is 0.

    Args:
        traits: (T, S) how far each branch held each task, e.g. 1 for members of a set.
        gains: (T,) of any scale.
        ses: (T,) standard errors of the gains.
        ridge: Branches without any effect that each task is held to have been in already; above 0.

    Returns:
        (S,) effects, 0 for tasks never tested, and (S,) standard errors, in the unit of `gains`.

    Source: Hoerl, Kennard 1970, ridge regression.
    """
    # Peak first: squares of 1e200 and of 1e-200 would leave the range.
    unit = float(np.abs(np.append(gains, ses)).max(initial=0.0)) or 1.0
    inverse = np.linalg.inv(traits.T @ traits + ridge * np.eye(traits.shape[1]))
    effects = inverse @ (traits.T @ (gains / unit))
    off = gains / unit - traits @ effects
    variance = max(float(np.mean(off**2)), float(np.mean((ses / unit) ** 2))) if off.size else 1.0
    return effects * unit, np.sqrt(variance * np.diag(inverse)) * unit
