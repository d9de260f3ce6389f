"""Tasks whose labels say nothing: whoever finds them helpful measures wrongly."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from tasks.pydocs.recipe import Recipe

_SHUFFLED = ("argument_default", "library_of_summary", "summary_fits_name")


def decoys(recipes: Iterable[Recipe]) -> list[Recipe]:
    """Some of the recipes once more, with their labels permuted."""
    by_name = {recipe.name: recipe for recipe in recipes}
    return [
        replace(
            by_name[name],
            name=f"decoy_{name}",
            family="decoy",
            description=f"{by_name[name].description} Labels shuffled.",
            decoy=True,
        )
        for name in _SHUFFLED
    ]
