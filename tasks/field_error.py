"""What a class finds wrong with one of its own fields."""

from __future__ import annotations


class FieldError(ValueError):
    """Raised where a dataclass checks itself, so that the message can be placed at the field."""

    def __init__(self, field: str, words: str) -> None:
        """Name the field.

        Args:
            field: With dots where it is nested, such as "template.options".
            words: The whole message.
        """
        super().__init__(field, words)
        self.path = tuple(field.split("."))

    def __str__(self) -> str:
        return str(self.args[1])
