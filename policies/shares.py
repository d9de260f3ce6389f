"""Shares by size, and mixtures from arrays."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from policies.roster import FloatArray


def proportional_shares(
    num_examples: FloatArray, *, cap: float, temperature: float = 1.0
) -> FloatArray:
    """Shares that grow with size, counting at most `cap` examples of each task.

    Args:
        num_examples: (N,), each at least 1.
        cap: Keeps one large task from crowding out the rest.
        temperature: 1 follows the sizes; larger is flatter, towards equal shares.

    Returns:
        (N,) above 0, summing to 1.

    Source: Raffel et al. 2020 (T5), arXiv:1910.10683, section 3.5.2: rate
    min(n, cap)^(1/temperature).
    """
    # Relative to the largest, so that no power overflows.
    counted = np.minimum(num_examples, cap)
    rates = (counted / counted.max()) ** (1.0 / temperature)
    return np.asarray(rates / rates.sum(), dtype=np.float64)


def as_mixture(names: Sequence[str], shares: FloatArray) -> dict[str, float]:
    """The positive shares by name, largest first; what underflowed to 0 is left out."""
    places = np.lexsort((np.arange(len(shares)), -shares))
    return {names[at]: float(shares[at]) for at in places if shares[at] > 0}


def brief(mixture: dict[str, float], at_most: int = 4) -> str:
    """The largest shares in words, e.g. "sst2 0.41, trec 0.30 and 3 more"."""
    shown = [f"{name} {share:.2f}" for name, share in list(mixture.items())[:at_most]]
    rest = len(mixture) - len(shown)
    return ", ".join(shown) + (f" and {rest} more" if rest else "")
