"""How a reader's own message is quoted."""

from __future__ import annotations


def first_line(error: BaseException) -> str:
    """The message's first line as a sentence, at most 300 characters; else the error's kind."""
    text = (str(error).strip().splitlines() or [type(error).__name__])[0][:300]
    return text if text.endswith((".", "!", "?")) else f"{text}."
