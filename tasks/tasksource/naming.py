"""Cards by the names that the package's catalogue has for its tasks."""

from __future__ import annotations

import functools
import importlib
import importlib.util
from collections.abc import Mapping

from tasks.cards import Card
from tasks.names import nearest
from tasks.problems import InputError
from tasks.tasksource.annotation import Annotation, InexpressibleError
from tasks.tasksource.catalogue import read_catalogue
from tasks.tasksource.conversion import to_card

_PACKAGE = "tasksource"
_INSTALL = "pip install 'sextant[tasksource]'"


def card_of(name: str) -> Card:
    """The card of a task that tasksource describes.

    Args:
        name: As `tasksource.list_tasks()` shows it, such as "glue/rte"; tasks in other languages
            are "multilingual/NAME".

    Raises:
        InputError: If the package is not installed, has no such task, or describes it by something
            that a card cannot hold.
    """
    entry = f"pool: 'tasksource:{name}'"
    catalogue = _catalogue(entry)
    if name not in catalogue:
        raise InputError([f"{entry}: tasksource has no such task. {nearest(name, catalogue)}"])
    try:
        return to_card(catalogue[name])
    except InexpressibleError as reason:
        raise InputError(
            [f"{entry} {reason}. Write a card of your own for '{catalogue[name].dataset}'."]
        ) from None


def known_names() -> tuple[str, ...]:
    """Every text task of the catalogue, in its order, whether or not a card can hold it.

    Raises:
        InputError: If the package is not installed.
    """
    return tuple(_catalogue("tasksource"))


def _catalogue(entry: str) -> Mapping[str, Annotation]:
    if importlib.util.find_spec(_PACKAGE) is None:
        raise InputError([f"{entry}: the package tasksource is not installed: {_INSTALL}"])
    try:
        return _read()
    except ImportError as error:
        raise InputError(
            [f"{entry}: the package tasksource cannot be imported ({error}): {_INSTALL}"]
        ) from error


@functools.cache
def _read() -> Mapping[str, Annotation]:
    return read_catalogue(importlib.import_module(_PACKAGE))
