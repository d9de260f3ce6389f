"""An order in which like tasks stand together."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.cluster.hierarchy import leaves_list, linkage, optimal_leaf_ordering
from scipy.spatial.distance import squareform

_MOST_OPTIMAL = 400
"""Tasks up to which the best turning of the tree's branches is sought; it costs their cube."""


def clustered_order(cosines_NN: NDArray[np.float64]) -> NDArray[np.intp]:
    """(N,) rows in the order of the leaves of a tree, in which neighbours are alike.

    Average linkage on 1 - cosine. Rows without evidence (zeros throughout) go last.

    Args:
        cosines_NN: Symmetric, in [-1, 1].

    Source: Eisen et al. 1998, cluster analysis and display; leaf order: Bar-Joseph et al. 2001.
    """
    known = np.flatnonzero(np.abs(cosines_NN).sum(axis=1) > 0)
    unknown = np.setdiff1d(np.arange(len(cosines_NN)), known)
    if len(known) < 3:
        return np.concatenate([known, unknown]).astype(np.intp)
    apart = 1.0 - cosines_NN[np.ix_(known, known)]
    np.fill_diagonal(apart, 0.0)
    distances = squareform(np.maximum(apart, 0.0), checks=False)
    tree = linkage(distances, method="average")
    if len(known) <= _MOST_OPTIMAL:
        tree = optimal_leaf_ordering(tree, distances)
    return np.concatenate([known[leaves_list(tree)], unknown]).astype(np.intp)
