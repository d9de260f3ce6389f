"""What is wrong with something a person wrote, as lines that say where."""

from __future__ import annotations

from collections.abc import Sequence

_MOST = 20
_LONGEST_VALUE = 60


class InputError(ValueError):
    """Problems in files that a person wrote; each names its place."""

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = tuple(problems)
        super().__init__(self.problems)  # pickles as it stands

    def __str__(self) -> str:
        more = len(self.problems) - _MOST
        last = (f"... and {more} more problems.",) if more > 0 else ()
        return "\n".join(self.problems[:_MOST] + last)


def quoted(value: object) -> str:
    """A value as it stands in a message: one line, control characters escaped, cut at 60."""
    text = repr(value[: _LONGEST_VALUE + 1] if isinstance(value, str) else value)
    is_long = len(text) > _LONGEST_VALUE
    return text[: _LONGEST_VALUE - 3] + "..." if is_long else text


def named(value: object) -> str:
    """A value with its kind, as YAML and JSON know kinds: "text 'no'", "a list", "true"."""
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return f"text {quoted(value)}"
    if isinstance(value, dict):
        return "a mapping" if value else "an empty mapping"
    if isinstance(value, list | tuple):
        return f"a list of {len(value)}" if value else "an empty list"
    return quoted(value)
