"""How names and lists of names are put before a model: as words, which cost few tokens."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable

from tasks.pydocs.functions import Function

_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|_+")

MOST_ARGUMENTS, MOST_NAMES = 4, 6


@functools.lru_cache(maxsize=1 << 17)
def spoken(name: str) -> str:
    """`name` as words: "_fit_transform" and "fitTransform" are "fit transform"."""
    return " ".join(_HUMP.sub(" ", name).lower().split())


def listed(names: Iterable[str]) -> str:
    """Names as words, with commas between; names without a letter are left out."""
    return ", ".join(filter(None, map(spoken, names)))


def arguments(function: Function) -> str:
    """The first few arguments, as words."""
    return listed(function.arguments[:MOST_ARGUMENTS])


def signature(function: Function) -> str:
    """Name and first few arguments, as words: "read csv (path, sep)"."""
    return f"{spoken(function.name)} ({arguments(function)})"


def body(function: Function) -> str:
    """The first few names that the body uses, as words."""
    return listed(function.body.uses[:MOST_NAMES])
