"""What kind of thing a name or a summary stands for."""

from __future__ import annotations

import re

from tasks.pydocs.behaviour import classify
from tasks.pydocs.functions import Function
from tasks.pydocs.recipe import Recipe
from tasks.pydocs.wording import signature, spoken

_FORMS = ("class", "class method", "function", "method", "property")
_VERBS = (
    "add",
    "apply",
    "check",
    "compute",
    "convert",
    "create",
    "find",
    "generate",
    "get",
    "read",
    "remove",
    "return",
    "set",
    "update",
    "write",
)


def _verb(function: Function) -> str:
    """First word of the summary without the ending of the third person."""
    word = function.summary.split()[0].lower()
    return word if word in _VERBS else re.sub(r"(?<=[a-z])e?s$", "", word)


def _after_verb(function: Function) -> str:
    return function.summary.split(maxsplit=1)[1]


def _private(function: Function) -> str:
    return "private" if function.name.startswith("_") else "public"


RECIPES = (
    Recipe(
        name="form",
        family="naming",
        description="Does the summary describe a class, a function, a method or a property?",
        pose=classify(lambda f: f.summary, lambda f: f.form, _FORMS),
        labels=_FORMS,
    ),
    Recipe(
        name="first_verb",
        family="naming",
        description="With which verb does the rest of this summary begin?",
        pose=classify(_after_verb, _verb, _VERBS),
        labels=_VERBS,
    ),
    Recipe(
        name="verb_of_signature",
        family="naming",
        description="With which verb does the summary of this signature begin?",
        pose=classify(signature, _verb, _VERBS),
        labels=_VERBS,
    ),
    Recipe(
        name="private_name",
        family="naming",
        description="Does the name of the thing summarised begin with an underscore?",
        pose=classify(lambda f: f"{spoken(f.name)}: {f.summary}", _private, ("private", "public")),
        labels=("private", "public"),
    ),
)
