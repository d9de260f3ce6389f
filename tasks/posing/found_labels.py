"""The labels that occur in train, where neither the card nor the source names them."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping

from tasks.cards import Card
from tasks.posing.fields import field, is_blank
from tasks.posing.pasted import pasted, pasted_list, pasted_mapping
from tasks.posing.spelling import spellings
from tasks.problems import InputError, named, quoted
from tasks.sources.table import Table

_MOST_LABELS = 1_000
_MOST_SHOWN = 20
_NO_LABELS = (
    f"Labels are 2 to {_MOST_LABELS:,} values, fewer than half as many as there are rows; "
    "check 'label', or name them in 'labels'."
)
_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?")


def found_labels(card: Card, train: Table) -> tuple[str, ...]:
    """The distinct answers of train, numbers in their order, texts in alphabetical order.

    Rows without an answer are passed over here; posing them says what is wrong.

    Raises:
        InputError: If the card does not ask for them, with what was found; if they are too few or
            too many to be labels; or if two are one name, written differently.
    """
    counts = _counted(card, train)
    names = in_order(counts)
    start = f"{train.place(0)}: task '{card.name}'"
    column = f"column {quoted(card.label)} holds {_shown(counts, names)}"
    if same := _same_names(counts):
        raise InputError([f"{start}: {column}. {_differently_written(same, counts)}"])
    if card.labels != "inferred":
        raise InputError([f"{start}: 'labels' is missing; {column}. {_advice(names)}"])
    if not 2 <= len(names) <= _MOST_LABELS or 2 * len(names) >= counts.total():
        raise InputError([f"{start}: {column}. {_NO_LABELS}"])
    return names


def _counted(card: Card, train: Table) -> Counter[str]:
    """How often each answer occurs."""
    counts: Counter[str] = Counter()
    wrong = ""
    for row_index, row in enumerate(train.rows):
        try:
            value = field(card.label, row)
            if not is_blank(value):
                counts[_spelled(value, card.label)] += 1
        except ValueError as error:
            wrong = wrong or f"{train.place(row_index)}: task '{card.name}': {error}"
    if wrong and not counts:
        raise InputError([wrong])
    return counts


def _spelled(value: object, column: str) -> str:
    if isinstance(value, float) and not value.is_integer():
        raise ValueError(
            f"column {quoted(column)}: {named(value)} is no label; for numbers use kind 'score'."
        )
    texts = spellings(value)
    if not texts:
        raise ValueError(f"column {quoted(column)}: {named(value)} is no label.")
    return texts[0]


def in_order(names: Iterable[str]) -> tuple[str, ...]:
    """Numbers in their order, texts in alphabetical order."""
    alphabetical = sorted(names)
    are_numbers = all(_NUMBER.fullmatch(name) for name in alphabetical)
    return tuple(sorted(alphabetical, key=float) if are_numbers else alphabetical)


def _shown(counts: Counter[str], names: tuple[str, ...]) -> str:
    if not names:
        return "nothing"
    shown = names if len(names) <= _MOST_SHOWN else [name for name, _ in counts.most_common(5)]
    more = f" and {len(names) - len(shown):,} more values" if len(shown) < len(names) else ""
    return ", ".join(f"{pasted(name)} ({counts[name]:,})" for name in shown) + more


def _advice(names: tuple[str, ...]) -> str:
    if len(names) < 2:
        return _NO_LABELS
    if len(names) > _MOST_SHOWN:
        return f"`labels: inferred` takes all values as they are. {_NO_LABELS}"
    named_anew = f"`labels: {{{pasted(names[0])}: ..., ...}}`"
    return f"Write {pasted_list(names)}, or {named_anew} to give them names."


def _same_names(counts: Counter[str]) -> dict[str, str]:
    """Value -> the commonest way in which it is written; {} where each is written in one way."""
    first: dict[str, str] = {}
    for name, _ in counts.most_common():
        first.setdefault(_folded(name), name)
    if len(first) == len(counts):
        return {}
    return {name: first[_folded(name)] for name in in_order(counts)}


def _folded(name: str) -> str:
    return unicodedata.normalize("NFC", name.strip()).casefold()


def _differently_written(same: Mapping[str, str], counts: Counter[str]) -> str:
    pairs = [(name, unicodedata.normalize("NFC", common.strip())) for name, common in same.items()]
    if len(pairs) > _MOST_SHOWN:
        pairs = [*[pair for pair in pairs if pair[0] != pair[1]][:5], ("...", "...")]
    other = next(name for name, common in same.items() if name != common)
    return (
        f"{same[other][:60]!a} and {other[:60]!a} seem to be one label, written differently. "
        f"Mend the column, or name each value: {pasted_mapping(pairs)}."
    )
