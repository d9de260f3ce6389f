"""One trained vector per task, put into the sequence where its prefix stands."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from engine.model.batch import Batch

# Shape suffixes: K tasks, R rows, T tokens, D width of the word embeddings.


class Prefixes(nn.Module):
    """Prefix vectors of all tasks.

    All start as the same vector, the mean of the base model's word embeddings: what sets them apart
    later is training alone. Tokens made of a task's name would leak the likeness of names.

    Source: CompassMTL (arXiv:2210.06277) sections 3 and 4.
    """

    start_D: Tensor

    def __init__(self, word_embeddings_VD: Tensor, *, num_tasks: int) -> None:
        super().__init__()
        start = word_embeddings_VD.detach().float().mean(dim=0)
        self.register_buffer("start_D", start, persistent=False)
        self.vectors_KD = nn.Parameter(start.repeat(num_tasks, 1))

    def put(self, embeds_RTD: Tensor, batch: Batch) -> Tensor:
        """The embeddings with each row's prefix vector in its place."""
        prefix_RD = self.vectors_KD[batch.task_B[batch.example_R]]
        return _put(embeds_RTD, batch, prefix_RD)

    def put_hidden(
        self, embeds_RTD: Tensor, batch: Batch, *, hidden_R: Tensor, cover_D: Tensor
    ) -> Tensor:
        """The same, with `cover_D`, which names no task, in the rows where `hidden_R` is True."""
        prefix_RD = self.vectors_KD[batch.task_B[batch.example_R]]
        return _put(embeds_RTD, batch, torch.where(hidden_R[:, None], cover_D, prefix_RD))

    def moved(self) -> Tensor:
        """(K, D) how far each vector is from where it started, detached, float32."""
        return (self.vectors_KD.detach() - self.start_D).float().cpu()


def _put(embeds_RTD: Tensor, batch: Batch, prefix_RD: Tensor) -> Tensor:
    rows = torch.arange(len(prefix_RD), device=prefix_RD.device)
    return embeds_RTD.index_put((rows, batch.prefix_R), prefix_RD.to(embeds_RTD.dtype))
