"""Similarity: cosines between the candidates' gradients, from their sketches."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

# Shape suffixes: N candidates, k places of a sketch, d coordinates.

MOST_PAIRS = 2000
"""Tasks up to which numbers of every two of them are told as (N, N) and drawn."""


def similarity(sketches_Nk: NDArray[np.float32]) -> NDArray[np.float64]:
    """Cosines between sketches.

    Returns:
        (N, N) in [-1, 1], exactly symmetric, ones on the diagonal; 0 in row, column and diagonal of
        a candidate whose sketch is zero, which is no evidence.

    Raises:
        ValueError: If the shape is wrong or a number is not finite.
    """
    sketches = np.asarray(sketches_Nk, dtype=np.float64)
    if sketches.ndim != 2:
        raise ValueError(f"Similarity needs sketches of shape (N, k), got {sketches.shape}.")
    if not np.isfinite(sketches).all():
        raise ValueError("A sketch is not finite.")
    return cosines_between(sketches)


def unit_rows(sketches_Nk: NDArray[np.float32]) -> NDArray[np.float32]:
    """(N, k) sketches at length 1; zero rows stay zero."""
    sketches = np.asarray(sketches_Nk, dtype=np.float64)
    norm = np.linalg.norm(sketches, axis=1, keepdims=True)
    return (sketches / np.where(norm > 0, norm, 1.0)).astype(np.float32)


def cosines_between(rows_Nd: NDArray[np.float64]) -> NDArray[np.float64]:
    """(N, N) cosines of finite rows: exactly symmetric, diagonal 1, zero rows 0 throughout."""
    # What comes from float32 can be squared in float64: no scale of it over- or underflows.
    norm = np.linalg.norm(rows_Nd, axis=1, keepdims=True)
    unit = rows_Nd / np.where(norm > 0, norm, 1.0)
    upper = np.triu(np.clip(unit @ unit.T, -1.0, 1.0), k=1)
    return upper + upper.T + np.diag((norm[:, 0] > 0).astype(np.float64))
