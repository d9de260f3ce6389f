"""How likely a decoder found the tokens of the answers that it was shown."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor
from torch.nn import functional

# Shape suffixes: R rows, A answer tokens of all rows, V vocabulary.


@dataclass(frozen=True, slots=True)
class AnswerTokens:
    """The tokens of all answers of a batch, and what was expected in their places."""

    logits_AV: Tensor
    """float32."""
    right_A: Tensor
    """int64."""
    row_A: Tensor
    """int64, the row that each token is in."""
    count_R: Tensor
    """int64, tokens of each row's answer; 0 without any."""

    def losses(self) -> Tensor:
        """(R,) float32 mean negative log-likelihood of each row's answer tokens; 0 without any."""
        losses_A = functional.cross_entropy(self.logits_AV, self.right_A, reduction="none")
        return self._sums(losses_A) / self.count_R.clamp(min=1)

    def all_likeliest(self) -> Tensor:
        """(R,) bool, whether no other token was expected anywhere in a row's answer."""
        return self._sums((self.logits_AV.argmax(1) != self.right_A).float()) == 0

    def _sums(self, numbers_A: Tensor) -> Tensor:
        return numbers_A.new_zeros(len(self.count_R)).index_add(0, self.row_A, numbers_A)
