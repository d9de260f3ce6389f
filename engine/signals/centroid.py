"""Centroid: how alike two tasks' texts are on the whole. No training, no labels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from engine.model.batch import Encoded
from engine.model.interface import TaskModel
from engine.signals.unit_embeddings import unit_embeddings

# Shape suffixes: n tasks of one job, N candidates, m usable examples, d width of an embedding.


def mean_embeddings(
    model: TaskModel, probes: Mapping[str, Sequence[Encoded]]
) -> NDArray[np.float32]:
    """(n, d) mean of each probe's unit embeddings: what `centroid` compares.

    NaN throughout for a task that has none; each row depends on its own probe alone.

    Args:
        model: The base model before any training; unchanged.
        probes: task -> examples.
    """
    embeddings = [unit_embeddings(model, probe) for probe in probes.values()]
    width = max((unit_md.shape[1] for unit_md in embeddings), default=0)
    means_nd = np.full((len(embeddings), width), np.nan, dtype=np.float32)
    for row, unit_md in enumerate(embeddings):
        if len(unit_md):
            means_nd[row] = unit_md.mean(axis=0, dtype=np.float64)
    return means_nd


def centroid(
    candidates_Nd: ArrayLike, targets: Mapping[str, ArrayLike]
) -> dict[str, NDArray[np.float64]]:
    """Cosines of mean embeddings, once what all candidates have in common is taken away.

    The common part, the mean of the candidates' embeddings, is most of any embedding and tells of
    the model rather than of the task.

    Args:
        candidates_Nd: Of every candidate of the campaign, not of some: each cosine depends on all
            of them. A row that is not finite, or zero, stands for none.
        targets: target -> (d,) its own.

    Returns:
        target -> (N,) in [-1, 1]. NaN, no evidence, for what has no embedding or none but the
        common part, and so for a candidate that is alone.

    Raises:
        ValueError: If widths differ.

    Source: Vu et al. 2020, arXiv:2005.00770, TextEmb; that the common part is taken away is ours.
    """
    candidates = np.asarray(candidates_Nd, dtype=np.float64)
    known_N = _known(candidates)
    common_d = candidates[known_N].mean(axis=0) if known_N.any() else np.zeros(candidates.shape[1])
    unit_Nd = _unit(candidates, common_d)
    cosines = {}
    for name, row_d in targets.items():
        row_1d = np.asarray(row_d, dtype=np.float64)[None]
        if row_1d.shape != (1, candidates.shape[1]):
            raise ValueError(
                f"The embedding of '{name}' has shape {row_1d.shape[1:]}, but the width of the "
                f"candidates' is {candidates.shape[1]}."
            )
        cosines[name] = np.clip(unit_Nd @ _unit(row_1d, common_d)[0], -1.0, 1.0)
    return cosines


def _known(rows_Nd: NDArray[np.float64]) -> NDArray[np.bool_]:
    return np.asarray(np.isfinite(rows_Nd).all(axis=1) & rows_Nd.any(axis=1))


def _unit(rows_Nd: NDArray[np.float64], common_d: NDArray[np.float64]) -> NDArray[np.float64]:
    """Rows without the common part at length 1; NaN throughout where nothing is left."""
    own = np.where(_known(rows_Nd)[:, None], rows_Nd - common_d, np.nan)
    norm = np.linalg.norm(own, axis=1, keepdims=True)
    # What is left of a row that equals the common part is rounding.
    least = 1e-6 * np.linalg.norm(rows_Nd, axis=1, keepdims=True)
    return np.asarray(own / np.where(norm > least, norm, np.nan))
