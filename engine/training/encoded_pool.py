"""The pool's examples as the model reads them: each split tokenised once, when first asked for."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from engine.model.batch import Encoded
from engine.model.encoded_split import EncodedSplit
from engine.model.interface import TaskModel
from engine.storage.array_cache import ArrayCache, Arrays
from engine.training.jobs import Seed
from tasks import (
    Chosen,
    Example,
    Split,
    Task,
    cut_validation,
    digest_of,
    questions_of,
    shuffle_labels,
)

_MOST = 0.5
"""Where a split is at least this share of another, all of the other is read: what screening takes
out depends on the targets, and the tokens of what it chose from serve every campaign."""


class EncodedPool:
    """Tokenised splits of every task, and each target's validation cut into selection and gate.

    Keeps tokens in the cache, where other workers find them; nothing that it answers depends on
    what was asked or kept before.
    """

    def __init__(
        self, pool: Mapping[str, Task], model: TaskModel, *, cut_seed: Seed, cache: ArrayCache
    ) -> None:
        self._pool, self._model, self._cut_seed, self._cache = pool, model, cut_seed, cache
        self._number = {name: number for number, name in enumerate(pool)}
        self._splits: dict[tuple[str, Split], Sequence[Encoded]] = {}

    def train(self, task: str) -> Sequence[Encoded]:
        return self.split(task, "train")

    def test(self, task: str) -> Sequence[Encoded]:
        return self.split(task, "test")

    def selection(self, target: str) -> Sequence[Encoded]:
        """The half of the target's validation split on which gains are measured."""
        validation = self.split(target, "validation")
        return [validation[index] for index in self.halves(target)[0]]

    def gate(self, target: str) -> Sequence[Encoded]:
        """The half on which branches are calibrated, stopped and let through."""
        validation = self.split(target, "validation")
        return [validation[index] for index in self.halves(target)[1]]

    def halves(self, target: str) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Where the examples of selection and gate stand in the target's validation split."""
        task = self._pool[target]
        questions = questions_of(task, "validation")
        return cut_validation(len(task.validation), seed=self._cut_seed, groups=questions)

    def shuffled(self, task: str, seed: Seed) -> Sequence[Encoded]:
        """Training examples whose labels say nothing about their texts: a placebo."""
        rng = np.random.default_rng((*seed, self._number[task]))
        placebo = shuffle_labels(self._pool[task].train, rng)
        if self._pool[task].kind == "text":
            return self._model.encode(self._number[task], placebo)
        return [
            replace(encoded, gold=float(example.label))
            for encoded, example in zip(self.train(task), placebo, strict=True)
        ]

    def tokens_per_example(self) -> NDArray[np.float64]:
        """(K,) mean over each task's training examples of the tokens that training on one reads."""
        return np.array([self._trained_tokens(self.train(name)).mean() for name in self._pool])

    def _trained_tokens(self, examples: Sequence[Encoded]) -> NDArray[np.int64]:
        if isinstance(examples, Chosen):
            return self._trained_tokens(examples.of)[examples.indices]
        assert isinstance(examples, EncodedSplit)
        return self._model.all_trained_tokens(examples)

    def split(self, task: str, split: Split) -> Sequence[Encoded]:
        found = self._splits.get((task, split))
        if found is None:
            found = self._read(self._number[task], self._pool[task].split(split))
            self._splits[task, split] = found
        return found

    def _read(self, number: int, examples: Sequence[Example]) -> Sequence[Encoded]:
        if isinstance(examples, Chosen) and len(examples) >= _MOST * len(examples.of):
            return Chosen(self._read(number, examples.of), examples.indices)

        def arrays() -> Arrays:
            return self._model.encode(number, examples).arrays

        reading = self._model.reading_key(number)
        if reading is None:
            return EncodedSplit(number, arrays())
        key = hashlib.sha256(f"{reading} {digest_of(examples)}".encode()).hexdigest()
        return EncodedSplit(number, self._cache.kept(key, arrays))
