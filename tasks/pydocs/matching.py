"""Do two parts of a function's documentation and code belong together?"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence

import numpy as np

from tasks.example import Example
from tasks.pydocs.functions import Function
from tasks.pydocs.recipe import Pose, Recipe
from tasks.pydocs.wording import arguments, body, spoken

Part = Callable[[Function], str]
"""One part of a function as text; empty where it has none."""

_LABELS = ("belongs to another", "belongs")


def summary(function: Function) -> str:
    """The part of a function that its summary is."""
    return function.summary


def name(function: Function) -> str:
    """The part of a function that its name is, as words."""
    return spoken(function.name)


def matching(left: Part, right: Part) -> Pose:
    """Pairs of parts: half of one function, half with the right part of a neighbour.

    A neighbour is another function of the same module, or of the same library where the module has
    none, so that the subject alone does not give the answer away. No part is used twice.
    """

    def pose(functions: Sequence[Function], rng: np.random.Generator) -> Iterator[Example]:
        whole = [(f, left(f), right(f)) for f in functions]
        whole = [item for item in whole if item[1] and item[2]]
        neighbours = _Neighbours([function for function, _, _ in whole])
        for number, (_, text, own) in enumerate(whole):
            strange = whole[neighbours.draw(number, rng)][2]
            fits = bool(rng.random() < 0.5) or strange.lower() == own.lower()
            yield Example(text=text, pair=own if fits else strange, label=int(fits))

    return pose


class _Neighbours:
    """Numbers of functions, by module and by library."""

    def __init__(self, functions: Sequence[Function]) -> None:
        self._functions = functions
        self._in_module: defaultdict[str, list[int]] = defaultdict(list)
        self._in_library: defaultdict[str, list[int]] = defaultdict(list)
        for number, function in enumerate(functions):
            self._in_module[function.module].append(number)
            self._in_library[function.library].append(number)

    def draw(self, number: int, rng: np.random.Generator) -> int:
        """Another function of the module, else of the library; itself where it is alone."""
        function = self._functions[number]
        near = self._in_module[function.module]
        near = near if len(near) > 1 else self._in_library[function.library]
        place = int(rng.integers(len(near)))
        return near[place] if near[place] != number else near[(place + 1) % len(near)]


RECIPES = (
    Recipe(
        name="summary_fits_name",
        family="matching",
        description="Does the summary describe the function of this name?",
        pose=matching(summary, name),
        labels=_LABELS,
    ),
    Recipe(
        name="summary_fits_arguments",
        family="matching",
        description="Does the summary describe the function that takes these arguments?",
        pose=matching(summary, arguments),
        labels=_LABELS,
    ),
    Recipe(
        name="name_fits_body",
        family="matching",
        description="Is this the name of the function whose body uses these names?",
        pose=matching(name, body),
        labels=_LABELS,
    ),
    Recipe(
        name="name_fits_arguments",
        family="matching",
        description="Does the function of this name take these arguments?",
        pose=matching(name, arguments),
        labels=_LABELS,
    ),
)
