"""From a pooled encoding to answers: a head per task, one shared scorer for options."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from engine.model.answers import Answers
from engine.model.batch import Batch
from engine.model.collation import answer_grid, layout

# Shape suffixes: B examples, R rows, D width, C answers, K tasks, H rows of all heads together.

_START_SCALE = 0.02
"""Standard deviation of untrained head weights: BERT's. At 0 the body would get no gradient."""


class Heads(nn.Module):
    """Linear heads of all tasks, kept as rows of one matrix: one product whatever a batch mixes.

    A labels task has a row per label, a score task one, and all options tasks share a single row.
    Tasks with the same labels in the same order share their rows: what one learns of a label is
    evidence for the others, and the prefix still tells the tasks apart. A task none of whose kin is
    in the batch gets a gradient of exactly zero.

    Source: tasknet (arXiv:2301.05948) shares classifiers between tasks with identical labels.
    """

    first_K: Tensor
    """First row of each task's head."""
    size_K: Tensor
    """Rows of each task's head; 0 for options, whose answers are rows of the batch instead."""
    mean_K: Tensor
    spread_K: Tensor

    def __init__(self, answers: Sequence[Answers], width: int, *, rng: torch.Generator) -> None:
        super().__init__()
        sizes = [_size(one) for one in answers]
        firsts, num_rows = _placed(answers, sizes)
        weight_HD = torch.randn(num_rows + 1, width, generator=rng) * _START_SCALE
        self.weight_HD = nn.Parameter(weight_HD)
        self.bias_H = nn.Parameter(torch.zeros(len(weight_HD)))
        for name, values in {"first_K": firsts, "size_K": sizes}.items():
            self.register_buffer(name, torch.tensor(values), persistent=False)
        for name, numbers in scale_of(answers).items():
            self.register_buffer(name, numbers, persistent=False)

    def forward(self, pooled_RD: Tensor, batch: Batch) -> Tensor:
        """(B, C) float32 logits or scores; missing answers -inf."""
        with torch.autocast(pooled_RD.device.type, enabled=False):
            scores_RH = functional.linear(pooled_RD.float(), self.weight_HD, self.bias_H)
        rows = layout(batch)
        size_B = self.size_K[batch.task_B]
        by_row_B1 = (size_B == 0)[:, None]
        answer_BC, exists_BC = answer_grid(torch.where(size_B == 0, rows.count_B, size_B))
        answer_BC = answer_BC.where(exists_BC, 0)
        row_BC = rows.first_B[:, None] + torch.where(by_row_B1, answer_BC, 0)
        column_BC = self.first_K[batch.task_B][:, None] + torch.where(by_row_B1, 0, answer_BC)
        logits_BC = in_units(scores_RH[row_BC, column_BC], batch, self.mean_K, self.spread_K)
        return logits_BC.masked_fill(~exists_BC, -torch.inf)

    def of_tasks(self, tasks: Sequence[int]) -> dict[str, Tensor]:
        """The parameters that heads of these tasks alone would have, by name."""
        spans = [(int(self.first_K[k]), int(self.size_K[k])) for k in tasks]
        # Each shared head once, as `__init__` places them.
        rows = [first + row for first, size in dict.fromkeys(spans) for row in range(size)]
        rows.append(len(self.weight_HD) - 1)  # the options' scorer
        return {"weight_HD": self.weight_HD.detach()[rows], "bias_H": self.bias_H.detach()[rows]}


class ScoreHeads(nn.Module):
    """A linear head per task that answers with a number; other tasks leave theirs unused."""

    mean_K: Tensor
    spread_K: Tensor

    def __init__(self, answers: Sequence[Answers], width: int, *, rng: torch.Generator) -> None:
        super().__init__()
        weight_KD = torch.randn(len(answers), width, generator=rng) * _START_SCALE
        self.weight_KD = nn.Parameter(weight_KD)
        self.bias_K = nn.Parameter(torch.zeros(len(answers)))
        for name, numbers in scale_of(answers).items():
            self.register_buffer(name, numbers, persistent=False)

    def forward(self, pooled_BD: Tensor, batch: Batch) -> Tensor:
        """(B,) float32 scores."""
        raw_B = (pooled_BD.float() * self.weight_KD[batch.task_B]).sum(1)
        raw_B = raw_B + self.bias_K[batch.task_B]
        return in_units(raw_B[:, None], batch, self.mean_K, self.spread_K)[:, 0]

    def of_tasks(self, tasks: Sequence[int]) -> dict[str, Tensor]:
        """The parameters that heads of these tasks alone would have, by name."""
        rows = list(tasks)
        return {"weight_KD": self.weight_KD.detach()[rows], "bias_K": self.bias_K.detach()[rows]}


def scale_of(answers: Sequence[Answers]) -> dict[str, Tensor]:
    """mean_K and spread_K, float32; 0 and 1 where answers are no numbers."""
    return {
        "mean_K": torch.tensor([one.mean for one in answers]),
        "spread_K": torch.tensor([one.spread for one in answers]),
    }


def in_units(raw_BC: Tensor, batch: Batch, mean_K: Tensor, spread_K: Tensor) -> Tensor:
    """Raw outputs as scores in the task's own unit; logits come back unchanged."""
    return mean_K[batch.task_B][:, None] + raw_BC * spread_K[batch.task_B][:, None]


def answer_losses(logits_BC: Tensor, batch: Batch, *, scored_B: Tensor, spread_K: Tensor) -> Tensor:
    """(B,) cross-entropy, or half the squared error where `scored_B` (bool) is True.

    Args:
        logits_BC: As `TaskModel.logits`.
        batch: Holds the right answers.
        scored_B: The examples whose answer is a score.
        spread_K: As `score_losses`.
    """
    right_B = torch.where(scored_B, 0, batch.gold_B).long()
    entropy_B = functional.cross_entropy(logits_BC, right_B, reduction="none")
    return torch.where(scored_B, score_losses(logits_BC[:, 0], batch, spread_K), entropy_B)


def score_losses(scores_B: Tensor, batch: Batch, spread_K: Tensor) -> Tensor:
    """(B,) half the squared error, in units of `spread_K`, each task's standard deviation."""
    return ((scores_B - batch.gold_B) / spread_K[batch.task_B]).square() / 2


def _placed(answers: Sequence[Answers], sizes: Sequence[int]) -> tuple[list[int], int]:
    """First row of each task's head, and how many rows there are before the options' scorer."""
    first_of: dict[tuple[str, ...], int] = {}
    firsts: list[int | None] = []
    num_rows = 0
    for one, size in zip(answers, sizes, strict=True):
        first = first_of.get(one.labels, num_rows) if one.kind == "labels" else num_rows
        if first == num_rows:
            num_rows += size
        if one.kind == "labels":
            first_of[one.labels] = first
        firsts.append(first if size else None)
    return [num_rows if first is None else first for first in firsts], num_rows


def _size(answers: Answers) -> int:
    return {"labels": len(answers.labels), "score": 1, "options": 0}[answers.kind]
