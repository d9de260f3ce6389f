"""How tasksource describes one task, as plain data: what a card is made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Annotation:
    """One task of the package's catalogue."""

    name: str
    """As the catalogue shows it, such as "glue/rte"."""
    kind: str
    """"Classification", "MultipleChoice" or a kind that no card has."""
    dataset: str
    """On the hub; or a file format, for tasks that are read from single files."""
    config: str | None
    fields: Mapping[str, Any]
    """Everything that the annotation sets, such as "sentence1" or "splits": a column's name, a
    plain value, or an object that computes the value from a row."""
    licence: str
    """As the package knows it; may be empty."""


class InexpressibleError(ValueError):
    """What of an annotation a card cannot hold; the end of a sentence that starts with the task."""
