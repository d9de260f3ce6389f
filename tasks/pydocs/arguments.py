"""What a description says about an argument."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import numpy as np

from tasks.example import Example
from tasks.pydocs.docstrings import Described
from tasks.pydocs.functions import Function
from tasks.pydocs.recipe import Recipe, Sizes
from tasks.pydocs.wording import spoken

_TYPES = ("array", "bool", "callable", "dict", "float", "int", "list", "str", "tuple")
_ANNOTATIONS = ("bool", "callable", "dict", "float", "int", "list", "path", "str", "tensor")
_DEFAULTS = ("None", "bool", "number", "text")
_MOST_COUNTED = 8


def _one_described(
    function: Function, rng: np.random.Generator, *, at_least: int = 1
) -> Described | None:
    """One described argument, so that a long signature does not flood a task."""
    if len(function.described) < at_least:
        return None
    return function.described[int(rng.integers(len(function.described)))]


def _in_words(argument: Described) -> str:
    return f"{spoken(argument.name)}: {argument.text}"


def _types(functions: Sequence[Function], rng: np.random.Generator) -> Iterator[Example]:
    for function in functions:
        for argument in function.described:
            word = re.match(r"[a-z]*", argument.type.lower().replace("ndarray", "array"))
            if word and word[0] in _TYPES:
                yield Example(text=_in_words(argument), label=_TYPES.index(word[0]))


def _annotations(functions: Sequence[Function], rng: np.random.Generator) -> Iterator[Example]:
    """The docstring is not read, only the definition."""
    for function in functions:
        for name, annotation in zip(function.arguments, function.annotations, strict=True):
            word = annotation.lower()
            if word in _ANNOTATIONS:
                text = f"{spoken(name)} of {spoken(function.name)}"
                yield Example(text=text, label=_ANNOTATIONS.index(word))


def _defaults(functions: Sequence[Function], rng: np.random.Generator) -> Iterator[Example]:
    for function in functions:
        default_of = dict(zip(function.arguments, function.defaults, strict=True))
        for argument in function.described:
            if default_of.get(argument.name, "") in _DEFAULTS:
                label = _DEFAULTS.index(default_of[argument.name])
                yield Example(text=_in_words(argument), label=label)


def _optional(functions: Sequence[Function], rng: np.random.Generator) -> Iterator[Example]:
    for function in functions:
        argument = _one_described(function, rng)
        if argument is not None and argument.name in function.arguments:
            default = function.defaults[function.arguments.index(argument.name)]
            yield Example(text=_in_words(argument), label=int(bool(default)))


def _fits(functions: Sequence[Function], rng: np.random.Generator) -> Iterator[Example]:
    for function in functions:
        argument = _one_described(function, rng, at_least=2)
        if argument is not None:
            other = _one_described(function, rng)
            fits = bool(rng.random() < 0.5) or other is None or other.name == argument.name
            name = argument.name if fits or other is None else other.name
            yield Example(text=argument.text, pair=spoken(name), label=int(fits))


def _which(functions: Sequence[Function], rng: np.random.Generator) -> Iterator[Example]:
    for function in functions:
        names = sorted({spoken(argument.name) for argument in function.described})
        argument = _one_described(function, rng, at_least=3)
        if argument is not None and len(names) >= 3:
            names.remove(spoken(argument.name))
            options = [names[i] for i in rng.choice(len(names), size=2, replace=False)]
            place = int(rng.integers(3))
            options.insert(place, spoken(argument.name))
            yield Example(text=argument.text, options=tuple(options), label=place)


def _counts(functions: Sequence[Function], rng: np.random.Generator) -> Iterator[Example]:
    for function in functions:
        if function.form in {"function", "method"}:
            count = min(len(function.arguments), _MOST_COUNTED)
            yield Example(text=f"{spoken(function.name)}: {function.summary}", label=float(count))


RECIPES = (
    Recipe(
        name="argument_type",
        family="arguments",
        description="Which type does the argument so described have? "
        "Few examples to learn from: the suite's own target.",
        pose=_types,
        labels=_TYPES,
        sizes=Sizes(train=300, validation=1200, test=1500),
    ),
    Recipe(
        name="argument_annotation",
        family="arguments",
        description="How is the argument of this name annotated in a function of this name?",
        pose=_annotations,
        labels=_ANNOTATIONS,
    ),
    Recipe(
        name="argument_default",
        family="arguments",
        description="What kind of default does the argument so described have?",
        pose=_defaults,
        labels=_DEFAULTS,
    ),
    Recipe(
        name="argument_fits_description",
        family="arguments",
        description="Does the description belong to the argument of this name?",
        pose=_fits,
        labels=("belongs to another", "belongs"),
    ),
    Recipe(
        name="which_argument",
        family="arguments",
        kind="options",
        description="Which of three arguments does the description mean?",
        pose=_which,
    ),
    Recipe(
        name="argument_optional",
        family="arguments",
        description="Does the argument so described have a default?",
        pose=_optional,
        labels=("required", "optional"),
    ),
    Recipe(
        name="argument_count",
        family="arguments",
        kind="score",
        metric="spearman",
        description="How many arguments does the function so named and summarised take?",
        pose=_counts,
    ),
)
