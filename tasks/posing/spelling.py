"""How a stored answer is written: one text for all the ways in which files keep one value."""

from __future__ import annotations

from tasks.plain_value import TRUTHS, WHOLE, plain


def spellings(value: object) -> tuple[str, ...]:
    """The ways to write a stored value, the exact one first; none for what can be no label.

    The numbers 1 and 1.0 are "1", and the text "1.0" is also "1", for so CSV keeps them; "True" is
    also "true".
    """
    if isinstance(value, bool):
        return (TRUTHS[value],)
    if isinstance(value, int | float):
        return (plain(str(value)),)
    return tuple(dict.fromkeys((value, plain(value)))) if isinstance(value, str) else ()


def is_plain_value(text: str) -> bool:
    """Whether a text is a whole number or a truth value, however it is written."""
    return plain(text) in TRUTHS or WHOLE.fullmatch(text) is not None
