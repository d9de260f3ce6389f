"""How a reader's own message is quoted."""

from __future__ import annotations


def first_line(error: BaseException) -> str:
    text = (str(error).strip().splitlines() or [type(error).__name__])[0][:300]
    return text if text.endswith((".", "!", "?")) else f"{text}."
