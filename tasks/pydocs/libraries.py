"""Which library is it from? One of these tasks is the suite's low-resource target."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from tasks.example import Example
from tasks.pydocs.behaviour import classify
from tasks.pydocs.functions import Function
from tasks.pydocs.recipe import Recipe
from tasks.pydocs.wording import body, signature, spoken

# Those with enough documented functions to fill every split.
_LIBRARIES = (
    "fonttools",
    "matplotlib",
    "numpy",
    "pandas",
    "ray",
    "scikit-learn",
    "scipy",
    "sympy",
    "torch",
    "transformers",
    "wandb",
)


def _signature(function: Function) -> str:
    return signature(function) if function.arguments else ""


def _described(functions: Sequence[Function], rng: np.random.Generator) -> Iterator[Example]:
    """One described argument of each function."""
    for function in functions:
        if function.described and function.library in _LIBRARIES:
            argument = function.described[int(rng.integers(len(function.described)))]
            text = f"{spoken(argument.name)}: {argument.text}"
            yield Example(text=text, label=_LIBRARIES.index(function.library))


RECIPES = (
    Recipe(
        name="library_of_signature",
        family="library",
        description="Which library is the function from that has this name and these arguments?",
        pose=classify(_signature, lambda f: f.library, _LIBRARIES),
        labels=_LIBRARIES,
    ),
    Recipe(
        name="library_of_summary",
        family="library",
        description="Which library does the summary come from?",
        pose=classify(lambda f: f.summary, lambda f: f.library, _LIBRARIES),
        labels=_LIBRARIES,
    ),
    Recipe(
        name="library_of_body",
        family="library",
        description="Which library is the function from whose body uses these names?",
        pose=classify(body, lambda f: f.library, _LIBRARIES),
        labels=_LIBRARIES,
    ),
    Recipe(
        name="library_of_argument",
        family="library",
        description="Which library has a function with the argument so described?",
        pose=_described,
        labels=_LIBRARIES,
    ),
)
