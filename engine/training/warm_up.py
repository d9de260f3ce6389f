"""Warm-up: a broad mixture, one prefix vector per task, and the masked-prefix objective."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from engine.model.batch import Batch, Encoded, Row
from engine.model.build_model import torch_seed
from engine.model.interface import TaskModel
from engine.signals.data_map import Answered, answered, data_map, data_map_columns
from engine.training.branch import DROPOUT, check_finite, in_precision, own_dropout
from engine.training.jobs import Cost, WarmUpJob, checkpoints_of
from engine.training.optimizer import Optimizer, Rates, rate_factor
from tasks import Kind

MASKED_SHARE = 0.25
"""Share of each batch that is read a second time, masked. CompassMTL reads all of it, which costs
as much again as the tasks themselves when each example is a single sequence."""

_RISE = 0.1

_HIDING = 3
"""Last number of the seed that says what is hidden; `data_stream` has those below."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Mapped:
    """Examples of a task whose data map is wanted."""

    kind: Kind
    examples: Sequence[Encoded]


@dataclass(frozen=True, kw_only=True, slots=True)
class WarmedUp:
    """What was seen at the checkpoints, and what training used."""

    prefixes: Tensor
    """(C, K, d) float32, prefix vectors minus their initial values at each checkpoint."""
    data_maps: Mapping[str, NDArray[np.float64]]
    """As `data_map_columns`, rows in the order of `mapped`; empty where there is none."""
    second_moments: Mapping[str, Tensor]
    """Of the optimizer, by shared parameter; empty unless asked for."""
    cost: Cost


def warm_up(
    model: TaskModel,
    batches: Iterable[Sequence[Encoded]],
    job: WarmUpJob,
    *,
    bfloat16: bool = False,
    mapped: Sequence[Mapped] = (),
) -> WarmedUp:
    """Train `model` in place on the tasks' loss and, weighted, the naming of what was hidden.

    Args:
        model: At its initial state.
        batches: As `warm_up_batches` makes them.
        job: Its steps, rates, masking and seed.
        bfloat16: As `train_branch`.
        mapped: Tasks whose data maps are wanted: they are read at each checkpoint, at that cost,
            and what is trained stays the same.

    Raises:
        DivergedError: If a gradient is not finite.

    Source: CompassMTL (arXiv:2210.06277) section 3.
    """
    rates = Rates(body=job.learning_rate, prefixes=job.prefix_learning_rate)
    optimizer = Optimizer(model, rates)
    rng = np.random.default_rng((*job.seed, _HIDING))
    started, tokens, examples = time.perf_counter(), 0, 0
    looks = _Looks(model, mapped)
    with own_dropout(model):
        for done, batch in enumerate(batches, start=1):
            torch.manual_seed(torch_seed((*job.seed, DROPOUT, done)))
            tokens += _read(model, batch, bfloat16=bfloat16)
            examples += len(batch)
            if job.masked_weight and job.masking:
                tokens += _read_masked(model, batch, job, rng, bfloat16=bfloat16)
            factor = rate_factor(done - 1, steps=job.steps, rise=_RISE)
            check_finite(optimizer.step(factor), done, job.learning_rate)
            if done in checkpoints_of(job.steps):
                looks.take()
    seconds = time.perf_counter() - started
    return WarmedUp(
        prefixes=torch.stack(looks.prefixes),
        data_maps=looks.data_maps(),
        second_moments=optimizer.second_moments() if job.moments else {},
        cost=Cost(tokens=tokens + looks.tokens, examples=examples, seconds=seconds),
    )


def text_only(example: Encoded) -> Encoded:
    """What all rows of an example begin with: its text without its possible answers."""
    row = example.rows[0]
    # A single answer is all that its row shares with itself.
    shortest = min(row.answer_start, *(len(other.ids) for other in example.rows))
    alike = np.ones(shortest, dtype=np.bool_)
    for other in example.rows[1:]:
        alike &= other.ids[:shortest] == row.ids[:shortest]
    shared = int(np.logical_and.accumulate(alike).sum())
    kept = Row(ids=row.ids[:shared], num_first=min(row.num_first, shared), answer_start=shared)
    return replace(example, rows=(kept,))


def hide(batch: Batch, share: float, rng: np.random.Generator) -> Tensor:
    """(R, T) bool, each token and each prefix hidden with probability `share`.

    Where chance hides nothing, the prefixes are, so that no pass is for nothing.
    """
    drawn_RT = rng.random(tuple(batch.attention_RT.shape)) < share
    device = batch.attention_RT.device
    hidden_RT = torch.from_numpy(drawn_RT).to(device) & batch.attention_RT.bool()
    if not hidden_RT.any():
        hidden_RT[torch.arange(len(hidden_RT), device=device), batch.prefix_R] = True
    return hidden_RT


class _Looks:
    """What is seen at the checkpoints, and what looking costs."""

    def __init__(self, model: TaskModel, mapped: Sequence[Mapped]) -> None:
        self._model, self._mapped = model, mapped
        self._answered: list[list[Answered]] = [[] for _ in mapped]
        self.prefixes: list[Tensor] = []
        self.tokens = 0

    def take(self) -> None:
        self.prefixes.append(self._model.prefixes())
        for task, seen in zip(self._mapped, self._answered, strict=True):
            seen.append(answered(self._model, task.examples, kind=task.kind))
            self.tokens += sum(example.num_tokens for example in task.examples)

    def data_maps(self) -> dict[str, NDArray[np.float64]]:
        return data_map_columns([data_map(seen) for seen in self._answered])


def _read(model: TaskModel, examples: Sequence[Encoded], *, bfloat16: bool) -> int:
    """Add the gradient of the tasks' mean loss; the tokens read."""
    batch = model.collate(examples)
    with in_precision(batch.input_ids_RT, bfloat16=bfloat16):
        loss = model.losses(batch).mean()
    loss.backward()  # type: ignore[no-untyped-call]
    return sum(map(model.trained_tokens, examples))


def _read_masked(
    model: TaskModel,
    examples: Sequence[Encoded],
    job: WarmUpJob,
    rng: np.random.Generator,
    *,
    bfloat16: bool,
) -> int:
    """Add the weighted gradient of the masked objective on a part of a batch; the tokens read."""
    size = max(1, round(len(examples) * MASKED_SHARE))
    chosen = rng.choice(len(examples), size=size, replace=False)
    batch = model.collate([text_only(examples[index]) for index in chosen])
    hidden_RT = hide(batch, job.masking, rng)
    with in_precision(hidden_RT, bfloat16=bfloat16):
        loss = job.masked_weight * model.masked_losses(batch, hidden_RT=hidden_RT)
    loss.backward()  # type: ignore[no-untyped-call]
    return batch.num_tokens
