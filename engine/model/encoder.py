"""Encoders: the answer is read off the mean of the last layer's states, by a head."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from engine.model.answers import Answers
from engine.model.base_network import BaseModel
from engine.model.batch import Batch, Encoded
from engine.model.collation import collate
from engine.model.encoded_split import EncodedSplit, encoded_split
from engine.model.encoder_reader import EncoderReader
from engine.model.heads import Heads, answer_losses
from engine.model.masking import Naming
from engine.model.pooling import masked_mean, without_prefix
from engine.model.prefix import Prefixes
from engine.model.trained_tensors import put_tensors, tensors_of
from tasks import Example

# Shape suffixes: B examples, R rows, T tokens, D width, C answers, K tasks, E embedding width.


class EncoderModel(nn.Module):
    """A `TaskModel` on an encoder: [CLS] PREFIX text [SEP], then pair and option, each with [SEP].

    Pooling is the mean over all tokens, special ones included, as sentence encoders are trained.
    Source: CompassMTL (arXiv:2210.06277) section 3; Sentence-BERT (arXiv:1908.10084) section 3.
    """

    scored_K: Tensor

    def __init__(
        self, base: BaseModel, answers: Sequence[Answers], *, max_length: int, rng: torch.Generator
    ) -> None:
        super().__init__()
        self.answers, self.max_length = tuple(answers), max_length
        self.network = base.network
        words_VE = base.network.get_input_embeddings().weight
        width, sizes = base.network.config.hidden_size, words_VE.shape
        self.prefix_table = Prefixes(words_VE, num_tasks=len(answers))
        self.heads = Heads(answers, width, rng=rng)
        self.naming = Naming(width, sizes[1], vocabulary=sizes[0], tasks=len(answers), rng=rng)
        scored = torch.tensor([one.kind == "score" for one in answers])
        self.register_buffer("scored_K", scored, persistent=False)
        self._reader = EncoderReader(base.tokenizer, self.answers, max_length)
        self._has_segments = getattr(base.network.config, "type_vocab_size", 0) > 1

    def encode(self, task: int, examples: Sequence[Example]) -> EncodedSplit:
        return encoded_split(task, examples, self._reader.read)

    def reading_key(self, task: int) -> str | None:
        return self._reader.key(task)

    def collate(self, examples: Sequence[Encoded]) -> Batch:
        reader, device = self._reader, self.heads.weight_HD.device
        return collate(examples, pad_id=reader.pad, prefix_at=reader.prefix_at, device=device)

    def trained_tokens(self, example: Encoded) -> int:
        return example.num_tokens

    def all_trained_tokens(self, split: EncodedSplit) -> NDArray[np.int64]:
        return split.num_tokens

    def pooled(self, batch: Batch) -> Tensor:
        """(R, D) float32 mean of the last layer's states over each row's tokens."""
        embeds_RTE = self._words()(batch.input_ids_RT)
        states_RTD = self._states(self.prefix_table.put(embeds_RTE, batch), batch)
        return masked_mean(states_RTD, batch.attention_RT)

    def logits(self, batch: Batch) -> Tensor:
        logits_BC: Tensor = self.heads(self.pooled(batch), batch)
        return logits_BC

    def losses(self, batch: Batch) -> Tensor:
        scored_B = self.scored_K[batch.task_B]
        spread_K = self.heads.spread_K
        return answer_losses(self.logits(batch), batch, scored_B=scored_B, spread_K=spread_K)

    def masked_losses(self, batch: Batch, *, hidden_RT: Tensor) -> Tensor:
        words = self._words()
        rows = torch.arange(len(batch.prefix_R), device=hidden_RT.device)
        hidden_R = hidden_RT[rows, batch.prefix_R]
        special = torch.isin(batch.input_ids_RT, self._reader.specials.to(hidden_RT.device))
        tokens_RT = hidden_RT & ~special & batch.attention_RT.bool()
        covered_RT = batch.input_ids_RT.masked_fill(tokens_RT, self._reader.mask)
        embeds_RTE = self.prefix_table.put_hidden(
            words(covered_RT), batch, hidden_R=hidden_R, cover_D=words.weight[self._reader.mask]
        )
        states_RTD = self._states(embeds_RTE, batch)
        word_M = self.naming.word_losses(
            states_RTD[tokens_RT], words.weight, batch.input_ids_RT[tokens_RT]
        )
        prefix_M = self.naming.prefix_losses(
            states_RTD[rows, batch.prefix_R][hidden_R],
            self.prefix_table.vectors_KD,
            batch.task_B[batch.example_R][hidden_R],
        )
        return (word_M.sum() + prefix_M.sum()) / max(1, len(word_M) + len(prefix_M))

    def text_embeddings(self, batch: Batch) -> Tensor:
        texts = without_prefix(batch)
        states_RTD = self._states(self._words()(texts.input_ids_RT), texts)
        return masked_mean(states_RTD, texts.attention_RT)

    def prefixes(self) -> Tensor:
        return self.prefix_table.moved()

    def shared_parameters(self) -> Mapping[str, nn.Parameter]:
        named = self.network.named_parameters(prefix="network")
        return {name: parameter for name, parameter in named if parameter.requires_grad}

    def state(self) -> dict[str, Tensor]:
        return tensors_of(self)

    def load_state(self, state: Mapping[str, Tensor]) -> None:
        put_tensors(self, state)

    def _words(self) -> Any:
        return self.network.get_input_embeddings()

    def _states(self, embeds_RTE: Tensor, batch: Batch) -> Tensor:
        segments = {"token_type_ids": batch.segments_RT} if self._has_segments else {}
        read = self.network(inputs_embeds=embeds_RTE, attention_mask=batch.attention_RT, **segments)
        states_RTD: Tensor = read.last_hidden_state
        return states_RTD
