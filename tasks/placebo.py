"""The same texts with labels that say nothing about them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from tasks.example import Example


def shuffle_labels(examples: Sequence[Example], rng: np.random.Generator) -> list[Example]:
    """Give every example another's label or written answer, or a random one of its own options.

    Texts keep their order. Class counts (and the distribution of scores, and what is written) stay
    exactly as they were; options may differ in number from one example to the next, so there an
    index is drawn.
    """
    order = rng.permutation(len(examples))
    return [
        replace(
            example,
            label=_drawn(example, examples[donor], rng),
            answer=examples[donor].answer,
        )
        for example, donor in zip(examples, order, strict=True)
    ]


def _drawn(example: Example, donor: Example, rng: np.random.Generator) -> int | float:
    return int(rng.integers(len(example.options))) if example.options else donor.label
