"""Whether a column holds indices, and whether they count from 0 as a card's names do."""

from __future__ import annotations

from itertools import zip_longest
from string import ascii_lowercase, ascii_uppercase

from tasks.cards import Card
from tasks.plain_value import TRUTHS
from tasks.posing.fields import field
from tasks.posing.found_labels import in_order
from tasks.posing.parts import options_of
from tasks.posing.pasted import pasted, pasted_list, pasted_mapping, pasted_value
from tasks.posing.seen import SeenAnswers, seen_answers, some_rows
from tasks.problems import InputError, quoted
from tasks.sources.table import Table

_MOST_SHOWN = 20


def refuse_other_answers(card: Card, train: Table, names: tuple[str, ...]) -> None:
    """Refuse a column whose answers a card's names would not mean, or would mean wrongly.

    Args:
        card: Whose answers may be indices.
        train: Rows from all over it are looked at.
        names: Of the labels; () for options without names.

    Raises:
        InputError: With the labels to write instead.
    """
    seen = seen_answers(card, train, names)
    wrong = _counted_from_one(seen, names) or (
        _no_indices(seen, names) if card.kind == "labels" else _letters(seen, names)
    )
    if wrong:
        column = f"column {quoted(card.label)}"
        raise InputError([f"{train.place(0)}: task '{card.name}': {column} {wrong}"])


def holds_indices(card: Card, train: Table) -> bool:
    """Whether texts such as "2" are indices, and none the text of an option that is a number.

    Settled by rows that can be read in one way only, for no row by itself would show that others
    are read in the other way.
    """
    is_index = False
    for row in some_rows(train):
        try:
            value, options = field(card.label, row), options_of(card.template.options or (), row)
        except ValueError:  # said when the row is posed
            continue
        if not isinstance(value, str):
            continue
        can_be_index = value in map(str, range(len(options)))
        if value in options and not can_be_index:
            return False
        is_index = is_index or (can_be_index and value not in options)
    return is_index


def _counted_from_one(seen: SeenAnswers, names: tuple[str, ...]) -> str:
    """What is wrong with numbers from 1 to the number of answers: each would mean its neighbour."""
    highest = seen.counted_to
    if not highest or any(not 1 <= number <= highest for number in _numbers(seen)):
        return ""
    listed = (names or _alphabet(seen))[:highest]
    pairs = [(str(number), name) for number, name in enumerate(listed, 1)]
    by_name = [name for name in listed if name in seen.counts]
    if by_name:
        pairs = [pair for number, name in pairs for pair in ((name, name), (number, name))]
    holds = f"counts from 1 to {highest}, and indices count from 0."
    also = f" It also holds {', '.join(map(pasted, by_name[:5]))}." if by_name else ""
    say = "Say what each means" if by_name else "Say what each number means"
    return f"{holds}{also} {say}, such as {pasted_mapping(pairs)}."


def _no_indices(seen: SeenAnswers, names: tuple[str, ...]) -> str:
    """What is wrong where no value is a name, and the numbers among them run elsewhere than 0 up.

    A value beyond the indices may stand for no answer where each of them occurs.
    """
    indices, numbers = set(range(len(names))), _numbers(seen)
    truths = TRUTHS if len(names) == len(TRUTHS) else ()
    is_named = any(name in seen.counts for name in names)
    is_known = is_named or numbers & indices or any(truth in seen.counts for truth in truths)
    runs_elsewhere = bool(numbers - indices) and not is_named and not indices <= numbers
    if len(seen.counts) < 2 or (is_known and not runs_elsewhere):
        return ""
    values = in_order(seen.counts)
    shown = values if len(values) <= _MOST_SHOWN else values[:5]
    more = f" and {len(values) - len(shown):,} more" if len(shown) < len(values) else ""
    meant = names if len(names) == len(values) else ()
    pairs = zip_longest(shown, meant[: len(shown)], fillvalue="...")
    return (
        f"holds {', '.join(map(pasted_value, shown))}{more}, where 'labels' knows the indices 0 to "
        f"{len(names) - 1} and its own names. Say what each value means, such as "
        f"{pasted_mapping(pairs)}."
    )


def _letters(seen: SeenAnswers, names: tuple[str, ...]) -> str:
    """What is wrong with letters for the options, if the card does not name them."""
    alphabet = _alphabet(seen)[: seen.most]
    letters = [letter for letter in alphabet if letter in seen.counts]
    num_letters = sum(seen.counts[letter] for letter in letters)
    num_indices = sum(seen.counts.get(str(index), 0) for index in range(seen.most))
    if names or not letters or 2 * (num_letters + num_indices) < seen.num_rows:
        return ""
    return (
        f"holds letters, such as {pasted(letters[-1])}; say so: {pasted_list(alphabet)}, in the "
        "order of the options."
    )


def _alphabet(seen: SeenAnswers) -> tuple[str, ...]:
    small = sum(seen.counts.get(letter, 0) for letter in ascii_lowercase)
    large = sum(seen.counts.get(letter, 0) for letter in ascii_uppercase)
    return tuple(ascii_lowercase if small > large else ascii_uppercase)


def _numbers(seen: SeenAnswers) -> set[int]:
    return {int(text) for text in seen.counts if text.removeprefix("-").isdecimal()}
