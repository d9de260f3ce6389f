"""The directions of the candidates' gradients."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from policies.roster import FloatArray, IntArray, Roster
from policies.view import View


def directions(view: View, who: Roster, chosen: IntArray) -> FloatArray:
    """(n, k) unit rows of the chosen candidates; a row of zeros for one without a sketch.

    Where the view holds no sketches every candidate points a way of its own: an identity.
    """
    if view.sketches is None:
        return np.eye(len(chosen))
    return view.sketches[who.order[chosen]].astype(np.float64)


def along(sketches: NDArray[np.float32], who: Roster, direction: FloatArray) -> FloatArray:
    """(N,) inner product of every candidate's row with a direction (k,)."""
    # In float32: the rows may be hundreds of megabytes, and are not to be copied.
    products = sketches @ direction.astype(np.float32)
    return np.asarray(products[who.order], dtype=np.float64)
