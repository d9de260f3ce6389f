"""Text: whether a candidate holds texts like each of the target's. No training, no labels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from engine.model.batch import Encoded
from engine.model.interface import TaskModel
from engine.signals.unit_embeddings import unit_embeddings

# Shape suffixes: n candidates of one job, m usable examples, M those of a target, d width.


def text(
    model: TaskModel,
    probes: Mapping[str, Sequence[Encoded]],
    target_probes: Mapping[str, Sequence[Encoded]],
) -> dict[str, NDArray[np.float64]]:
    """Nearness of each candidate's texts to each target's.

    A forward pass an example. Once a campaign is enough: texts do not change.

    Args:
        model: The base model before any training; unchanged.
        probes: candidate -> examples of its train split.
        target_probes: target -> examples of its selection split.

    Returns:
        target -> (n,) as `nearness`.
    """
    targets = [unit_embeddings(model, probe) for probe in target_probes.values()]
    near_nS = np.full((len(probes), len(targets)), np.nan)
    for row, probe in enumerate(probes.values()):
        own_md = unit_embeddings(model, probe)
        near_nS[row] = [nearness(target_Md, own_md) for target_Md in targets]
    return dict(zip(target_probes, near_nS.T, strict=True))


def nearness(target_Md: NDArray[np.float32], candidate_md: NDArray[np.float32]) -> float:
    """Mean over the target's examples of the largest inner product with one of the candidate's.

    Directional: a broad candidate is near to a narrow target, and not the other way round. More
    examples of a candidate find nearer ones, so candidates are to be probed with equally many.

    Args:
        target_Md: Rows of length 1, as `unit_embeddings` gives them.
        candidate_md: The same.

    Returns:
        In [-1, 1]; NaN, no evidence, where either has no row.

    Source: Jang et al. 2023 (Retrieval of Experts), arXiv:2302.03202.
    """
    if not len(target_Md) or not len(candidate_md):
        return float("nan")
    products_Mm = target_Md.astype(np.float64) @ candidate_md.astype(np.float64).T
    return float(np.clip(products_Mm.max(axis=1).mean(), -1.0, 1.0))
