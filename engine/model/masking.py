"""Name what was hidden: tokens among the vocabulary, prefixes among the pool's."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

# Shape suffixes: M hidden positions, D width of the network, E width of its word embeddings,
# V vocabulary, K tasks.

_START_SCALE = 0.02


class Naming(nn.Module):
    """A small transform from hidden states to word embeddings, whose likeness gives the logits.

    Source: BERT (arXiv:1810.04805) appendix A.1, output layer tied to the embeddings;
    CompassMTL (arXiv:2210.06277) section 3, prefixes among what is hidden.
    """

    def __init__(
        self, width: int, embedding_width: int, *, vocabulary: int, tasks: int, rng: torch.Generator
    ) -> None:
        super().__init__()
        weight_ED = torch.randn(embedding_width, width, generator=rng) * _START_SCALE
        self.weight_ED = nn.Parameter(weight_ED)
        self.bias_E = nn.Parameter(torch.zeros(embedding_width))
        self.norm = nn.LayerNorm(embedding_width)
        self.word_bias_V = nn.Parameter(torch.zeros(vocabulary)) if vocabulary else None
        self.prefix_bias_K = nn.Parameter(torch.zeros(tasks))

    def word_losses(self, states_MD: Tensor, words_VE: Tensor, right_M: Tensor) -> Tensor:
        """(M,) float32 cross-entropy of the right words."""
        logits_MV = functional.linear(self._transformed(states_MD), words_VE, self.word_bias_V)
        return functional.cross_entropy(logits_MV.float(), right_M, reduction="none")

    def prefix_losses(self, states_MD: Tensor, prefix_KE: Tensor, right_M: Tensor) -> Tensor:
        """(M,) float32 cross-entropy of the right tasks."""
        logits_MK = functional.linear(self._transformed(states_MD), prefix_KE, self.prefix_bias_K)
        return functional.cross_entropy(logits_MK.float(), right_M, reduction="none")

    def _transformed(self, states_MD: Tensor) -> Tensor:
        states_ME = functional.linear(states_MD, self.weight_ED, self.bias_E)
        transformed: Tensor = self.norm(functional.gelu(states_ME))
        return transformed
