"""Decoders: the answer is written out, and the likeliest one counts; scores come from a head."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from engine.model.answers import Answers, check_examples
from engine.model.base_network import BaseModel
from engine.model.batch import Batch, Encoded, Row
from engine.model.collation import answer_grid, collate, layout, rows_alone
from engine.model.heads import ScoreHeads, score_losses
from engine.model.masking import Naming
from engine.model.prefix import Prefixes
from engine.model.tokens import Ids, fit, special_id, tokenise
from engine.model.trained_tensors import put_tensors, tensors_of
from tasks import Example

# Shape suffixes: B examples, R rows, T tokens, D width, C answers, K tasks, A answer tokens.


class DecoderModel(nn.Module):
    """A `TaskModel` on a decoder: start PREFIX text, newline, pair, newline, answer, end.

    The belief in an answer is the softmax of its mean log-likelihood per token: sums would favour
    short answers. How far these beliefs can be trusted is left to calibration, as for any model.
    """

    scored_K: Tensor

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
        scored = torch.tensor([one.kind == "score" for one in answers])
        self.register_buffer("scored_K", scored, persistent=False)
        self._reader = _Reader(base.tokenizer, self.answers, max_length)

    def encode(self, task: int, examples: Sequence[Example]) -> list[Encoded]:
        return self._reader.read(task, examples)

    def collate(self, examples: Sequence[Encoded]) -> Batch:
        reader, device = self._reader, self.heads.weight_KD.device
        return collate(examples, pad_id=reader.pad, prefix_at=len(reader.start), device=device)

    def trained_tokens(self, example: Encoded) -> int:
        row = example.rows[int(example.gold) if len(example.rows) > 1 else 0]
        return len(row.ids)

    def logits(self, batch: Batch) -> Tensor:
        states_RTD = self._states(self._embeds(batch), batch)
        rows = layout(batch)
        answer_BC, exists_BC = answer_grid(rows.count_B)
        row_BC = rows.first_B[:, None] + answer_BC.where(exists_BC, 0)
        logits_BC = -self._answer_losses(states_RTD, batch)[row_BC]
        logits_BC = logits_BC.masked_fill(~exists_BC, -torch.inf)
        return self._with_scores(logits_BC, states_RTD, batch, rows.first_B)

    def losses(self, batch: Batch) -> Tensor:
        rows, scored_B = layout(batch), self.scored_K[batch.task_B]
        # An example may have come with its right answer's row alone.
        right_B = torch.where(scored_B | (rows.count_B == 1), 0, batch.gold_B).long()
        right = rows_alone(batch, rows.first_B + right_B)
        states_BTD = self._states(self._embeds(right), right)
        written_B = self._answer_losses(states_BTD, right)
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

    def _embeds(self, batch: Batch) -> Tensor:
        return self.prefix_table.put(self._words()(batch.input_ids_RT), batch)

    def _states(self, embeds_RTD: Tensor, batch: Batch) -> Tensor:
        body = self.network.base_model
        read = body(inputs_embeds=embeds_RTD, attention_mask=batch.attention_RT, use_cache=False)
        states_RTD: Tensor = read.last_hidden_state
        return states_RTD

    def _answer_losses(self, states_RTD: Tensor, batch: Batch) -> Tensor:
        """(R,) float32 mean negative log-likelihood of each row's answer tokens; 0 without any."""
        is_answer_RT = batch.answer_RT[:, 1:]
        # Only states before an answer's token go through the output layer, the dearest of all.
        states_AD = states_RTD[:, :-1][is_answer_RT]
        logits_AV = self.network.get_output_embeddings()(states_AD).float()
        right_A = batch.input_ids_RT[:, 1:][is_answer_RT]
        losses_A = functional.cross_entropy(logits_AV, right_A, reduction="none")
        row_A = is_answer_RT.nonzero()[:, 0]
        sum_R = losses_A.new_zeros(len(is_answer_RT)).index_add(0, row_A, losses_A)
        return sum_R / is_answer_RT.sum(1).clamp(min=1)

    def _with_scores(
        self, logits_BC: Tensor, states_RTD: Tensor, batch: Batch, first_B: Tensor
    ) -> Tensor:
        """Put predicted scores into the first column of the examples whose answer is a score."""
        scores_B = self.heads(_last(states_RTD, batch)[first_B], batch)
        first_column_B = torch.where(self.scored_K[batch.task_B], scores_B, logits_BC[:, 0])
        return torch.cat([first_column_B[:, None], logits_BC[:, 1:]], dim=1)


def _last(states_RTD: Tensor, batch: Batch) -> Tensor:
    """(R, D) state of each row's last token."""
    rows = torch.arange(len(states_RTD), device=states_RTD.device)
    return states_RTD[rows, batch.attention_RT.sum(1) - 1]


class _Reader:
    """Examples to rows of token ids, one row for each possible answer."""

    def __init__(self, tokenizer: Any, answers: tuple[Answers, ...], max_length: int) -> None:
        self.tokenizer, self.answers, self.max_length = tokenizer, answers, max_length
        start, end = special_id(tokenizer, "bos"), special_id(tokenizer, "eos")
        self.start = () if start is None else (start,)
        self.end = () if end is None else (end,)
        self.pad = special_id(tokenizer, "pad", "eos", "unk") or 0
        self.newline = tokenise(tokenizer, ["\n"], max_length=max_length)["\n"]

    def read(self, task: int, examples: Sequence[Example]) -> list[Encoded]:
        check_examples(self.answers[task], examples)
        labels = self.answers[task].labels
        texts = [part for one in examples for part in (one.text, one.pair, *one.options)]
        tokens = tokenise(self.tokenizer, [*texts, *labels], max_length=self.max_length)
        return [self._encoded(task, example, tokens) for example in examples]

    def _encoded(self, task: int, example: Example, tokens: Mapping[str, Ids]) -> Encoded:
        answers = self.answers[task]
        texts = [tokens[example.text]] + [tokens[example.pair]] * bool(example.pair)
        written = example.options if answers.kind == "options" else answers.labels
        rows = [self._row(texts, tokens[answer]) for answer in written]
        if answers.kind == "score":
            rows = [self._row(texts, None)]
        return Encoded(task=task, rows=tuple(rows), gold=float(example.label))

    def _row(self, texts: list[Ids], answer: Ids | None) -> Row:
        parts = texts if answer is None else [*texts, answer]
        fixed = len(self.start) + 1 + len(texts) * len(self.newline)
        fixed += len(self.end) if answer is not None else 0
        cut = fit(parts, self.max_length - fixed)
        ids = [*self.start, self.pad]
        for text in cut[: len(texts)]:
            ids += [*text, *self.newline]
        answer_start = len(ids)
        if answer is not None:
            ids += [*cut[-1], *self.end]
        return Row(ids=tuple(ids), segments=(0,) * len(ids), answer_start=answer_start)
