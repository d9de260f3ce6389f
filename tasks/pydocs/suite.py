"""The suite: every task, in order."""

from __future__ import annotations

from tasks.pydocs import arguments, behaviour, libraries, matching, naming, style
from tasks.pydocs.corpus import load_corpus
from tasks.pydocs.decoys import decoys
from tasks.pydocs.recipe import Recipe
from tasks.task import Task

_REAL: tuple[Recipe, ...] = (
    *arguments.RECIPES,
    *libraries.RECIPES,
    *matching.RECIPES,
    *behaviour.RECIPES,
    *naming.RECIPES,
    *style.RECIPES,
)
RECIPES: tuple[Recipe, ...] = (*_REAL, *decoys(_REAL))


def load_suite() -> list[Task]:
    """All tasks of the suite, the same for the same package versions.

    The first call on a machine reads the packages' source (half a minute) and keeps what it finds;
    later calls take seconds. No code of the packages is run.

    Raises:
        ModuleNotFoundError: If a package that the installation requires is missing.
    """
    corpus = load_corpus()
    return [recipe.build(corpus) for recipe in RECIPES]
