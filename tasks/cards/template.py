"""How a row becomes text, as a card says it."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field
from pydantic.dataclasses import dataclass

from tasks.cards.source import STRICT, Text


@dataclass(frozen=True, kw_only=True, config=STRICT)
class Template:
    """How a row becomes text: each part is a column, or words with {column} where one goes.

    Words that need no column, such as one question asked of every row, end in {}. A column that
    holds a list of texts gives them line by line. A dot leads into a nested column: `answers.text`
    is the field "text" of "answers" (of every item, where "answers" is a list), `turns.0` the first
    item of "turns", `turns.-1` the last. A column whose own name holds a dot is found first.
    """

    text: Text
    """What is read first, such as a sentence, a premise or a question: a column, or words such as
    "{title}: {body}". A row where it is empty is no example."""
    pair: Text | None = None
    """The second of two texts, such as a hypothesis; written as `text` is, and it may be empty."""
    options: Annotated[tuple[Text, ...], Field(min_length=2)] | Text | None = None
    """For kind "options", the answers to choose from: a list of two or more parts, such as
    [ending0, ending1]; or the one column that holds a list, such as `choices.text`. Empty columns
    at the end are left out, so that rows may have fewer options than others, but never fewer than
    two."""
