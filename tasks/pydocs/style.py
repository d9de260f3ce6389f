"""How a sentence is written, whatever it says."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from tasks.example import Example
from tasks.pydocs.functions import Function
from tasks.pydocs.recipe import Recipe


def _swapped_words(functions: Sequence[Function], rng: np.random.Generator) -> Iterator[Example]:
    """Half of the summaries with two words exchanged that stand two places apart."""
    for function in functions:
        words = function.summary.split()
        if len(words) < 6:
            continue
        swapped = bool(rng.random() < 0.5)
        if swapped:
            first = int(rng.integers(1, len(words) - 2))
            words[first], words[first + 2] = words[first + 2], words[first]
        yield Example(text=" ".join(words), label=int(swapped))


RECIPES = (
    Recipe(
        name="word_order",
        family="style",
        description="Were two words of the summary exchanged?",
        pose=_swapped_words,
        labels=("as written", "exchanged"),
    ),
)
