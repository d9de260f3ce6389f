"""From a row to an example: pure, and exact about which column is wrong."""

from __future__ import annotations

from tasks.cards import Card
from tasks.example import Example
from tasks.posing.answers import label_index, option_index, score_of
from tasks.posing.labels import LabelNames
from tasks.posing.parts import options_of, text_of
from tasks.sources.table import Row


def pose(card: Card, row: Row, names: LabelNames) -> Example:
    """The example that `card` makes of `row`.

    Args:
        card: Of the task.
        row: Of one of its splits.
        names: What `label_names` found for the card.

    Raises:
        ValueError: Naming the column, what it holds and what is allowed; the caller adds file and
            row.
    """
    template = card.template
    text = _after(card.prefix, text_of("text", template.text, row))
    pair = text_of("pair", template.pair, row) if template.pair is not None else ""
    if card.kind == "score":
        return Example(text=text, pair=pair, label=score_of(card.label, row))
    if card.kind == "text":
        answer = text_of("label", card.label, row)
        return Example(text=text, pair=pair, label=1, answer=answer)
    if template.options is None:
        return Example(text=text, pair=pair, label=label_index(card.label, row, names))
    options = options_of(template.options, row)
    label = option_index(card.label, row, options, names)
    return Example(text=text, pair=pair, options=options, label=label)


def _after(prefix: str, text: str) -> str:
    """The text after the card's words, with a space between them, unless they end in one."""
    if not prefix:
        return text
    return f"{prefix}{text}" if prefix[-1].isspace() else f"{prefix} {text}"
