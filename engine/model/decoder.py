"""Decoders: the answer is written out, and the likeliest one counts; scores come from a head."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from engine.model.answer_tokens import AnswerTokens
from engine.model.answers import Answers
from engine.model.base_network import BaseModel
from engine.model.batch import Batch, Encoded
from engine.model.collation import answer_grid, collate, layout, rows_alone
from engine.model.decoder_reader import DecoderReader
from engine.model.encoded_split import EncodedSplit, encoded_split
from engine.model.heads import ScoreHeads, score_losses
from engine.model.masking import Naming
from engine.model.pooling import masked_mean, without_prefix
from engine.model.prefix import Prefixes
from engine.model.trained_tensors import put_tensors, tensors_of
from tasks import Example

# Shape suffixes: B examples, R rows, T tokens, D width, C answers, K tasks, A answer tokens,
# V vocabulary.


class DecoderModel(nn.Module):
    """A `TaskModel` on a decoder: start PREFIX text, newline, pair, newline, answer, end.

    The belief in an answer is the softmax of its mean log-likelihood per token: sums would favour
    short answers. How far these beliefs can be trusted is left to calibration, as for any model.
    """

    scored_K: Tensor
    written_K: Tensor

    def __init__(
        self, base: BaseModel, answers: Sequence[Answers], *, max_length: int, rng: torch.Generator
    ) -> None:
        super().__init__()
        self.answers, self.max_length = tuple(answers), max_length
        self.network = base.network
        words_VE = base.network.get_input_embeddings().weight
        width = base.network.config.hidden_size
        self.prefix_table = Prefixes(words_VE, num_tasks=len(answers))
        self.heads = ScoreHeads(answers, width, rng=rng)
        self.naming = Naming(width, words_VE.shape[1], vocabulary=0, tasks=len(answers), rng=rng)
        for name, kind in {"scored_K": "score", "written_K": "text"}.items():
            of_kind = torch.tensor([one.kind == kind for one in answers])
            self.register_buffer(name, of_kind, persistent=False)
        self._reader = DecoderReader(base.tokenizer, self.answers, max_length)

    def encode(self, task: int, examples: Sequence[Example]) -> EncodedSplit:
        return encoded_split(task, examples, self._reader.read)

    def reading_key(self, task: int) -> str | None:
        return self._reader.key(task)

    def collate(self, examples: Sequence[Encoded]) -> Batch:
        reader, device = self._reader, self.heads.weight_KD.device
        return collate(examples, pad_id=reader.pad, prefix_at=reader.prefix_at, device=device)

    def trained_tokens(self, example: Encoded) -> int:
        row = example.rows[int(example.gold) if len(example.rows) > 1 else 0]
        return len(row.ids)

    def all_trained_tokens(self, split: EncodedSplit) -> NDArray[np.int64]:
        return split.num_right_tokens

    def logits(self, batch: Batch) -> Tensor:
        states_RTD = self._states(self._embeds(batch), batch)
        rows = layout(batch)
        answer_BC, exists_BC = answer_grid(rows.count_B)
        row_BC = rows.first_B[:, None] + answer_BC.where(exists_BC, 0)
        tokens = self._answer_tokens(states_RTD, batch)
        logits_BC = (-tokens.losses())[row_BC].masked_fill(~exists_BC, -torch.inf)
        logits_BC = self._with_scores(logits_BC, states_RTD, batch, rows.first_B)
        if not any(one.kind == "text" for one in self.answers):
            return logits_BC
        whole_R = batch.input_ids_RT[_last_token(batch)] == self._reader.end[0]
        exact_R = tokens.all_likeliest() & whole_R
        return self._with_exactness(logits_BC, exact_R[rows.first_B], batch)

    def losses(self, batch: Batch) -> Tensor:
        rows, scored_B = layout(batch), self.scored_K[batch.task_B]
        # An example may have come with its right answer's row alone.
        right_B = torch.where(scored_B | (rows.count_B == 1), 0, batch.gold_B).long()
        right = rows_alone(batch, rows.first_B + right_B)
        states_BTD = self._states(self._embeds(right), right)
        written_B = self._answer_tokens(states_BTD, right).losses()
        scores_B = self.heads(_last(states_BTD, right), right)
        errors_B = score_losses(scores_B, right, self.heads.spread_K)
        return torch.where(scored_B, errors_B, written_B)

    def masked_losses(self, batch: Batch, *, hidden_RT: Tensor) -> Tensor:
        # A decoder can't look ahead: it names the task at the end of the text, prefix hidden.
        embeds_RTD = self.prefix_table.put_hidden(
            self._words()(batch.input_ids_RT),
            batch,
            hidden_R=torch.ones_like(batch.prefix_R, dtype=torch.bool),
            cover_D=self.prefix_table.start_D,
        )
        last_RD = _last(self._states(embeds_RTD, batch), batch)
        right_R = batch.task_B[batch.example_R]
        return self.naming.prefix_losses(last_RD, self.prefix_table.vectors_KD, right_R).mean()

    def text_embeddings(self, batch: Batch) -> Tensor:
        texts = without_prefix(batch)
        states_RTD = self._states(self._words()(texts.input_ids_RT), texts)
        read_RT = texts.attention_RT.clone()
        read_RT[:, : self._reader.prefix_at] = 0  # the start token sees none of the text
        return masked_mean(states_RTD, read_RT)

    def prefixes(self) -> Tensor:
        return self.prefix_table.moved()

    def shared_parameters(self) -> Mapping[str, nn.Parameter]:
        named = self.network.named_parameters(prefix="network")
        return {name: parameter for name, parameter in named if parameter.requires_grad}

    def state(self) -> dict[str, Tensor]:
        return tensors_of(self)

    def load_state(self, state: Mapping[str, Tensor]) -> None:
        put_tensors(self, state)

    def prompts(self, task: int, examples: Sequence[Example]) -> list[Encoded]:
        """Texts alone, as `encode` reads them for kind "text": what an answer is written after."""
        return self._reader.prompts(task, examples)

    def next_tokens(self, batch: Batch) -> list[int | None]:
        """The likeliest token after each row; None where the model would end."""
        last_RD = self._states(self._embeds(batch), batch)[_last_token(batch)]
        likeliest_R = self.network.get_output_embeddings()(last_RD).float().argmax(1)
        return [None if one in self._reader.end else one for one in likeliest_R.tolist()]

    def text_of(self, ids: Sequence[int]) -> str:
        """What tokens say."""
        text: str = self._reader.tokenizer.decode(list(ids), clean_up_tokenization_spaces=False)
        return text

    def _words(self) -> Any:
        return self.network.get_input_embeddings()

    def _embeds(self, batch: Batch) -> Tensor:
        return self.prefix_table.put(self._words()(batch.input_ids_RT), batch)

    def _states(self, embeds_RTD: Tensor, batch: Batch) -> Tensor:
        body = self.network.base_model
        read = body(inputs_embeds=embeds_RTD, attention_mask=batch.attention_RT, use_cache=False)
        states_RTD: Tensor = read.last_hidden_state
        return states_RTD

    def _answer_tokens(self, states_RTD: Tensor, batch: Batch) -> AnswerTokens:
        is_answer_RT = batch.answer_RT[:, 1:]
        # Only states before an answer's token go through the output layer, the dearest of all.
        states_AD = states_RTD[:, :-1][is_answer_RT]
        return AnswerTokens(
            logits_AV=self.network.get_output_embeddings()(states_AD).float(),
            right_A=batch.input_ids_RT[:, 1:][is_answer_RT],
            row_A=is_answer_RT.nonzero()[:, 0],
            count_R=is_answer_RT.sum(1),
        )

    def _with_scores(
        self, logits_BC: Tensor, states_RTD: Tensor, batch: Batch, first_B: Tensor
    ) -> Tensor:
        """Put predicted scores into the first column of the examples whose answer is a score."""
        scores_B = self.heads(_last(states_RTD, batch)[first_B], batch)
        first_column_B = torch.where(self.scored_K[batch.task_B], scores_B, logits_BC[:, 0])
        return torch.cat([first_column_B[:, None], logits_BC[:, 1:]], dim=1)

    def _with_exactness(self, logits_BC: Tensor, exact_B: Tensor, batch: Batch) -> Tensor:
        """Put into the second column of texts whether they would be written exactly."""
        missing = max(0, 2 - logits_BC.shape[1])
        logits_BC = functional.pad(logits_BC, (0, missing), value=-torch.inf)
        is_text_B = self.written_K[batch.task_B]
        second_B = torch.where(is_text_B, exact_B.float(), logits_BC[:, 1])
        return torch.cat([logits_BC[:, :1], second_B[:, None], logits_BC[:, 2:]], dim=1)


def _last(states_RTD: Tensor, batch: Batch) -> Tensor:
    """(R, D) state of each row's last token."""
    return states_RTD[_last_token(batch)]


def _last_token(batch: Batch) -> tuple[Tensor, Tensor]:
    """Where each row ends: indices of rows and positions."""
    rows = torch.arange(len(batch.attention_RT), device=batch.attention_RT.device)
    return rows, batch.attention_RT.sum(1) - 1
