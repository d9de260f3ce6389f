"""The parts of a template: text out of a row's columns and a card's words."""

from __future__ import annotations

import re

from tasks.posing.fields import as_text, field, fields_hint, is_blank
from tasks.problems import named, quoted
from tasks.sources.table import Row

_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")


def text_of(part: str, template: str, row: Row) -> str:
    """One part of the template: a column's text, or words with columns filled in.

    Args:
        part: Its key in the card, for the message.
        template: What the card says there.
        row: Of the split.

    Raises:
        ValueError: If a column cannot be found or is no text, or the whole is empty; only a "pair"
            may be, for a dialogue's first line has nothing before it.
    """
    if _PLACEHOLDER.search(template):
        # Every placeholder of the template is replaced once, so that a text that itself holds
        # "{label}" stays as it is; str.format would also follow attributes.
        text = _PLACEHOLDER.sub(lambda found: _column(found[1], row), template)
    else:
        _refuse_half_a_brace(part, template, row)
        text = _column(template, row)
    if is_blank(text) and part != "pair":
        raise ValueError(f"template part '{part}' ({quoted(template)}) gave an empty text.")
    return text


def options_of(parts: tuple[str, ...] | str, row: Row) -> tuple[str, ...]:
    """The answers to choose from, two or more.

    Raises:
        ValueError: If there are fewer, or one of them is empty; empty columns at the end are none.
    """
    if isinstance(parts, str):
        return _listed(parts, row)
    count = len(parts)
    while count > 2 and _is_unfilled(parts[count - 1], row):
        count -= 1
    return tuple(text_of("options", part, row) for part in parts[:count])


def _refuse_half_a_brace(part: str, template: str, row: Row) -> None:
    if template not in row and ("{" in template) != ("}" in template):
        found, lost = "{}" if "{" in template else "}{"
        raise ValueError(
            f"template part '{part}' ({quoted(template)}): a '{found}' without its '{lost}'. A "
            "column among words is written {column}; a column alone is written as it is called."
        )


def _column(name: str, row: Row) -> str:
    return as_text(field(name, row), name) if name else ""


def _is_unfilled(template: str, row: Row) -> bool:
    """Whether the part has columns, and none of them holds anything."""
    names = [name for name in _PLACEHOLDER.findall(template) if name]
    if not names and _PLACEHOLDER.search(template):
        return False
    return all(is_blank(field(name, row)) for name in names or [template])


def _listed(name: str, row: Row) -> tuple[str, ...]:
    values = field(name, row)
    if not isinstance(values, list | tuple) or len(values) < 2:
        raise ValueError(
            f"column {quoted(name)}: expected a list of 2 or more texts, got {named(values)}."
        )
    for position, value in enumerate(values):
        if isinstance(value, list | tuple) or is_blank(value):
            raise ValueError(
                f"column {quoted(name)}[{position}]: expected text, got {named(value)}."
            )
        if hint := fields_hint(value, name):
            raise ValueError(
                f"column {quoted(name)}: expected a list of texts, got mappings.{hint}"
            )
    return tuple(as_text(value, f"{name}.{index}") for index, value in enumerate(values))
