"""What a model makes of texts: a direction for each, answers left out."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from engine.gains.evaluation import batches_by_length, evaluating
from engine.model.batch import Encoded
from engine.model.interface import TaskModel
from engine.training.warm_up import text_only


def unit_embeddings(
    model: TaskModel, encoded: Sequence[Encoded], *, batch_size: int = 32
) -> NDArray[np.float32]:
    """(m, d) embeddings of the examples' texts at length 1, in order, dropout off.

    Texts that have no direction (a mean state of zero, or not finite) are left out, so that m may
    be less than the number of examples, or 0.
    """
    texts = [text_only(example) for example in encoded]
    rows: list[NDArray[np.float32]] = [np.zeros(0, dtype=np.float32)] * len(texts)
    with evaluating(model), torch.inference_mode():
        for chunk in batches_by_length(texts, batch_size):
            embedded_RD = model.text_embeddings(model.collate([texts[i] for i in chunk]))
            for index, row in zip(chunk, embedded_RD.cpu().numpy(), strict=True):
                rows[index] = row
    if not rows:
        return np.zeros((0, 0), dtype=np.float32)
    stacked = np.stack(rows).astype(np.float64)
    norm_n = np.linalg.norm(stacked, axis=1)
    usable_n = np.isfinite(norm_n) & (norm_n > 0)
    unit_md: NDArray[np.float32] = (stacked[usable_n] / norm_n[usable_n, None]).astype(np.float32)
    return unit_md
