"""From a way to pose functions as examples to a whole task."""

from __future__ import annotations

import hashlib
from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np

from tasks.example import Example
from tasks.pydocs.cache import SUITE_VERSION
from tasks.pydocs.corpus import SPLITS, Corpus
from tasks.pydocs.functions import Function
from tasks.task import Kind, Split, Task

Pose = Callable[[Sequence[Function], np.random.Generator], Iterable[Example]]
"""Examples of one split's functions; the generator is the only source of chance."""

# Examples posed for each one kept: enough that rare labels get their part.
_POOL = 4


@dataclass(frozen=True, slots=True)
class Sizes:
    """At most so many examples."""

    train: int = 2000
    validation: int = 400
    test: int = 400


@dataclass(frozen=True, kw_only=True, slots=True)
class Recipe:
    """A task before its examples are drawn."""

    name: str
    family: str
    description: str
    pose: Pose
    kind: Kind = "labels"
    metric: str = "accuracy"
    labels: tuple[str, ...] = ()
    sizes: Sizes = Sizes()
    decoy: bool = False
    """Permute the labels of every split, so that they say nothing."""

    def build(self, corpus: Corpus) -> Task:
        """The task, the same for the same corpus."""
        seen: set[tuple[str, str, tuple[str, ...]]] = set()
        splits = {split: self._draw(split, corpus, seen) for split in SPLITS}
        return Task(
            name=self.name,
            family=self.family,
            kind=self.kind,
            metric=self.metric,
            labels=self.labels,
            description=f"{self.description} Mined from {', '.join(corpus.libraries)}.",
            decoy=self.decoy,
            train=splits["train"],
            validation=splits["validation"],
            test=splits["test"],
        )

    def _draw(
        self, split: Split, corpus: Corpus, seen: set[tuple[str, str, tuple[str, ...]]]
    ) -> tuple[Example, ...]:
        """Examples of one split whose text has not been `seen` in this one or an earlier one."""
        rng = np.random.default_rng([SUITE_VERSION, _number(self.name), SPLITS.index(split)])
        size: int = getattr(self.sizes, split)
        functions = corpus.splits[split]
        shuffled = [functions[i] for i in rng.permutation(len(functions)).tolist()]
        fresh: list[Example] = []
        for example in islice(self.pose(shuffled, rng), _POOL * size):
            key = (example.text.lower(), example.pair.lower(), example.options)
            if key not in seen:
                seen.add(key)
                fresh.append(example)
        kept = _levelled(fresh, size) if self.kind == "labels" else fresh[:size]
        mixed = [kept[i] for i in rng.permutation(len(kept))]
        return _relabelled(mixed, rng) if self.decoy else tuple(mixed)


def _levelled(examples: Iterable[Example], size: int) -> list[Example]:
    """In turn one example of each label, as long as a label lasts: rare labels are kept."""
    by_label: defaultdict[float, deque[Example]] = defaultdict(deque)
    for example in examples:
        by_label[example.label].append(example)
    kept: list[Example] = []
    while len(kept) < size and any(by_label.values()):
        kept.extend(by_label[label].popleft() for label in sorted(by_label) if by_label[label])
    return kept[:size]


def _relabelled(examples: Sequence[Example], rng: np.random.Generator) -> tuple[Example, ...]:
    labels = [example.label for example in examples]
    return tuple(
        Example(text=e.text, pair=e.pair, options=e.options, label=labels[i])
        for e, i in zip(examples, rng.permutation(len(labels)), strict=True)
    )


def _number(name: str) -> int:
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8])
