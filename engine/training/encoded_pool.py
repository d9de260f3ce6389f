"""The pool's examples as the model reads them: each split tokenised once, when first asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from engine.model.batch import Encoded
from engine.model.interface import TaskModel
from engine.training.jobs import Seed
from tasks import Split, Task, cut_validation, shuffle_labels


class EncodedPool:
    """Tokenised splits of every task, and each target's validation cut into selection and gate.

    Keeps what it has tokenised in memory; nothing that it answers depends on what was asked before.
    """

    def __init__(self, pool: Mapping[str, Task], model: TaskModel, *, cut_seed: Seed) -> None:
        self._pool, self._model, self._cut_seed = pool, model, cut_seed
        self._number = {name: number for number, name in enumerate(pool)}
        self._splits: dict[tuple[str, Split], list[Encoded]] = {}

    def train(self, task: str) -> Sequence[Encoded]:
        return self._split(task, "train")

    def test(self, task: str) -> Sequence[Encoded]:
        return self._split(task, "test")

    def selection(self, target: str) -> Sequence[Encoded]:
        """The half of the target's validation split on which gains are measured."""
        validation = self._split(target, "validation")
        return [validation[index] for index in self._halves(target)[0]]

    def gate(self, target: str) -> Sequence[Encoded]:
        """The half on which branches are calibrated, stopped and let through."""
        validation = self._split(target, "validation")
        return [validation[index] for index in self._halves(target)[1]]

    def shuffled(self, task: str, seed: Seed) -> Sequence[Encoded]:
        """Training examples whose labels say nothing about their texts: a placebo."""
        rng = np.random.default_rng((*seed, self._number[task]))
        placebo = shuffle_labels(self._pool[task].train, rng)
        return [
            replace(encoded, gold=float(example.label))
            for encoded, example in zip(self.train(task), placebo, strict=True)
        ]

    def tokens_per_example(self) -> NDArray[np.float64]:
        """(K,) mean over each task's training examples of the tokens that training on one reads."""
        read = self._model.trained_tokens
        return np.array([np.mean([read(one) for one in self.train(name)]) for name in self._pool])

    def _split(self, task: str, split: Split) -> list[Encoded]:
        found = self._splits.get((task, split))
        if found is None:
            examples = self._pool[task].split(split)
            found = self._model.encode(self._number[task], examples)
            self._splits[task, split] = found
        return found

    def _halves(self, target: str) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        return cut_validation(len(self._pool[target].validation), seed=self._cut_seed)
