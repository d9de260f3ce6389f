"""Gains as the rewards of bandits that expect them within one unit."""

from __future__ import annotations

import numpy as np

from policies.roster import FloatArray


def centre_and_size(gains: FloatArray) -> tuple[float, float]:
    """What is to be subtracted from gains, and what they are to be divided by, to lie in -1 to 1.

    The mean is subtracted: where every task helps a little, rewards against the control alone
    would favour whatever happened to be drawn first. The size is the largest distance from the
    mean, and 1 where there is none.

    Args:
        gains: (T,) nats; none is fine.
    """
    if not len(gains):
        return 0.0, 1.0
    # Halves first: the sum of many gains of 1e308 would leave the range.
    centre = float((gains / len(gains)).sum())
    size = float(np.abs(gains - centre).max())
    # Equal gains differ from their mean by rounding alone.
    return centre, size if size > 1e-9 * abs(centre) else 1.0
