"""Mixtures cut or filled to the size that a view asks for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np


def fitted(
    mixture: Mapping[str, float],
    candidates: Sequence[str],
    exactly: int | None,
    rng: np.random.Generator,
) -> dict[str, float]:
    """What `View.exactly` does to the answer of a policy that did not look at it.

    Args:
        mixture: What was proposed.
        candidates: Names to fill up from.
        exactly: How many tasks it must hold; all candidates where there are fewer. None changes
            nothing.
        rng: Decides between equal shares, and draws the tasks that are filled in.

    Returns:
        `exactly` tasks at equal shares, the proposed ones first.
    """
    if exactly is None:
        return dict(mixture)
    kept = list(cut(mixture, exactly, rng))
    missing = min(exactly, len(candidates)) - len(kept)
    if missing > 0:
        others = [name for name in candidates if name not in mixture]
        kept += [others[at] for at in rng.permutation(len(others))[:missing]]
    return dict.fromkeys(kept, 1 / len(kept))


def cut(mixture: Mapping[str, float], most: int, rng: np.random.Generator) -> dict[str, float]:
    """The `most` largest shares, made to sum to 1 again; `rng` decides between equal ones."""
    if len(mixture) <= most:
        return dict(mixture)
    names, shares = list(mixture), np.array(list(mixture.values()))
    places = np.lexsort((rng.random(len(shares)), -shares))[:most]
    return {names[at]: float(shares[at] / shares[places].sum()) for at in places}
