"""What training, evaluation and gradients know of a model, encoder and decoder alike."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from torch import Tensor, nn

from engine.model.batch import Batch, Encoded
from engine.model.encoded_split import EncodedSplit
from tasks import Example


class TaskModel(Protocol):
    """A network with one prefix vector per task that answers examples of every task of a pool.

    Implementations are `nn.Module`s; they differ in how an answer is read off the network: heads on
    a pooled encoding (encoder), likelihood of the answer's tokens (decoder).
    """

    def encode(self, task: int, examples: Sequence[Example]) -> EncodedSplit:
        """Tokenise; cut to the campaign's `max_length`, the longest text first.

        For kind "text" the texts are cut to leave room for the longest training answer, up to half
        of the sequence, and an answer that has not even that is cut: it never counts as written.
        """
        ...

    def reading_key(self, task: int) -> str | None:
        """Sha256 (hex) of all that `encode` depends on besides the examples and `task` itself.

        Models that read alike have equal keys, whatever their weights. None: it can't be told.
        """
        ...

    def trained_tokens(self, example: Encoded) -> int:
        """Tokens of an example that `losses` reads: what training on it costs.

        Encoder: all its rows. Decoder: the row of the right answer; `logits` reads all.
        """
        ...

    def all_trained_tokens(self, split: EncodedSplit) -> NDArray[np.int64]:
        """(N,) `trained_tokens` of each example, which need not be made for that."""
        ...

    def collate(self, examples: Sequence[Encoded]) -> Batch:
        """Pad to the longest row, on the model's device."""
        ...

    def logits(self, batch: Batch) -> Tensor:
        """(B, C) float32; C the most answers of an example in the batch, missing ones -inf.

        Softmax over a row is the model's belief about the answers of a labels or options example.
        For kind "score" the first column is the predicted score and the others are -inf. For kind
        "text" (decoders) the first is the mean log-likelihood of the answer's tokens, the second 1
        where the model, writing always its likeliest token, would write exactly this answer and
        end there, else 0; the others are -inf.
        """
        ...

    def losses(self, batch: Batch) -> Tensor:
        """(B,) float32 training losses, nats per example; differentiable.

        Encoder: cross-entropy over the answers. Decoder: negative log-likelihood of the right
        answer's tokens, mean over its tokens. Scores: half the squared error, in units of the
        standard deviation of the task's training scores.
        """
        ...

    def masked_losses(self, batch: Batch, *, hidden_RT: Tensor) -> Tensor:
        """(scalar) the masked-prefix objective: mean loss of naming what is hidden, float32.

        Tokens at `hidden_RT` (bool) are named among the vocabulary, prefixes (hidden where their
        position is) among the pool's; special tokens are never hidden. Decoders can't look ahead:
        they name every row's prefix from the end of its text.
        """
        ...

    def text_embeddings(self, batch: Batch) -> Tensor:
        """(R, d) float32 mean of the last layer's states over each row's tokens, prefix taken out.

        What the base model alone makes of a text. NaN where a row has no token to speak of.
        """
        ...

    def prefixes(self) -> Tensor:
        """(K, d) prefix vectors minus their initial values, float32 copies, rows in pool order."""
        ...

    def shared_parameters(self) -> Mapping[str, nn.Parameter]:
        """Trainable parameters that every task uses, no heads or prefixes: for alignment.

        Keys are those of `named_parameters`.
        """
        ...

    def named_parameters(self) -> Iterator[tuple[str, nn.Parameter]]: ...

    def state(self) -> dict[str, Tensor]:
        """Every trainable tensor by name, detached, contiguous: what a checkpoint holds.

        Views of live parameters: copy what should outlive a step of training.
        """
        ...

    def load_state(self, state: Mapping[str, Tensor]) -> None:
        """Copy `state` in.

        Raises:
            ValueError: Naming the first missing, extra or misshapen tensor; nothing was copied.
        """
        ...

    def train(self, mode: bool = True) -> nn.Module: ...
