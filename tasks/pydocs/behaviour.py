"""What a function does when it is called."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np

from tasks.example import Example
from tasks.pydocs.functions import Function
from tasks.pydocs.recipe import Pose, Recipe
from tasks.pydocs.wording import body, spoken

_EXCEPTIONS = ("AssertionError", "NotImplementedError", "RuntimeError", "TypeError", "ValueError")
_RETURNS = ("generator", "nothing", "truth", "value")


def classify(
    text: Callable[[Function], str], answer: Callable[[Function], str], labels: tuple[str, ...]
) -> Pose:
    """Functions whose answer is one of `labels`, each with that label."""

    def pose(functions: Sequence[Function], rng: np.random.Generator) -> Iterator[Example]:
        for function in functions:
            if answer(function) in labels and text(function):
                yield Example(text=text(function), label=labels.index(answer(function)))

    return pose


def _named_summary(function: Function) -> str:
    return f"{spoken(function.name)}: {function.summary}"


def _raises_at_all(function: Function) -> str:
    if len(function.body.uses) < 2:
        return ""
    return "raises" if function.body.raises else "does not raise"


def _operators(functions: Sequence[Function], rng: np.random.Generator) -> Iterator[Example]:
    for function in functions:
        if function.body.expression:
            swapped = bool(rng.random() < 0.5)
            expression = function.body.swapped if swapped else function.body.expression
            yield Example(text=spoken(function.name), pair=expression, label=int(swapped))


RECIPES = (
    Recipe(
        name="exception_raised",
        family="behaviour",
        description="Which exception does a function with this name and summary raise?",
        pose=classify(_named_summary, lambda f: f.body.raises, _EXCEPTIONS),
        labels=_EXCEPTIONS,
    ),
    Recipe(
        name="raises_at_all",
        family="behaviour",
        description="Does a function whose body uses these names raise an exception itself?",
        pose=classify(body, _raises_at_all, ("does not raise", "raises")),
        labels=("does not raise", "raises"),
    ),
    Recipe(
        name="return_kind",
        family="behaviour",
        description="What does a function with this summary return?",
        pose=classify(lambda f: f.summary, lambda f: f.body.returns, _RETURNS),
        labels=_RETURNS,
    ),
    Recipe(
        name="swapped_operator",
        family="behaviour",
        description="Was the operator of this expression replaced by its opposite?",
        pose=_operators,
        labels=("as written", "swapped"),
    ),
)
