"""What an annotation says of one field: a column, columns put together, or code.

The package has four wrappers that say which columns they read; they are known by their type's name,
so that this file need not import it. Everything else that can be called is code.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Mapping
from typing import Any

from tasks.tasksource.annotation import InexpressibleError

_INDEX = re.compile(r"\[(\d+)\]")
_NAMED = "name.<locals>.<lambda>"


def template_part(value: Any, field: str) -> str:
    """The part of a card's template for a text.

    Args:
        value: A column, or the package's `cat`, `get` or `constant`.
        field: Of the annotation, for the message.

    Raises:
        InexpressibleError: If code computes it.
    """
    kind = type(value).__name__
    if isinstance(value, str):
        return _plain(value, field)
    if kind == "cat":
        return str(value.separator).join(f"{{{_plain(name, field)}}}" for name in value.fields)
    if kind == "dotgetter":
        return _INDEX.sub(r".\1", value.path)
    if kind == "pretty_f" and isinstance(value.value, str):
        if not value.value.strip():
            raise InexpressibleError(f"has no text in its field '{field}'")
        return f"{_plain(value.value, field)}{{}}"
    raise _computed(field)


def column(value: Any, field: str) -> str:
    """The one column, or path into one, that a field is read from.

    Raises:
        InexpressibleError: If it is read from several, or code computes it.
    """
    if isinstance(value, str) or type(value).__name__ == "dotgetter":
        return template_part(value, field)
    raise _computed(field)


def constant_index(value: Any) -> int | None:
    """The index that every row has in this field, if the package's `constant` says so."""
    if type(value).__name__ != "pretty_f" or not isinstance(value.value, int):
        return None
    return value.value


def named_classes(value: Any) -> Mapping[str, Any]:
    """What the package's `name` was given: "label_name" and "classes"; nothing of other values."""
    if not inspect.isfunction(value) or value.__qualname__ != _NAMED:
        return {}
    return inspect.getclosurevars(value).nonlocals


def _plain(text: str, field: str) -> str:
    if "{" in text or "}" in text:  # in a card's template these stand for columns
        raise InexpressibleError(f"has a brace in its field '{field}', which a card cannot hold")
    return text


def _computed(field: str) -> InexpressibleError:
    return InexpressibleError(f"has its field '{field}' computed by code, which a card cannot hold")
