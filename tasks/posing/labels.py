"""Which label a stored value means: settled once for a task, from its card and its train rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tasks.cards import Card, wrong_count
from tasks.plain_value import TRUTHS, plain
from tasks.posing.counting import holds_indices, refuse_other_answers
from tasks.posing.found_labels import found_labels
from tasks.posing.spelling import is_plain_value, spellings
from tasks.problems import InputError, quoted
from tasks.sources.table import Table


@dataclass(frozen=True)
class LabelNames:
    """The labels of a task, and which of them each stored value means."""

    names: tuple[str, ...]
    """In index order; empty for tasks whose rows need none."""
    index: Mapping[str, int]
    """From a stored value, written as text, to its place in `names`."""
    only_indices: bool = False
    """Options without names: a text such as "2" is an index, whatever text the options have."""

    def find(self, value: object) -> int | None:
        """The place in `names` that a stored value means, if it means one."""
        return next((self.index[text] for text in spellings(value) if text in self.index), None)


def label_names(card: Card, train: Table) -> LabelNames:
    """The labels of a card's task.

    Args:
        card: Of any kind; scores and free text have no labels.
        train: What declares them, or holds them, where the card does not say; without rows nothing
            is looked up.

    Raises:
        InputError: If nobody names labels, or those found cannot be the card's, or the column
            holds other answers, such as numbers that count from 1.
    """
    if card.kind in ("score", "text"):
        return LabelNames((), {})
    declared = train.declared.get(card.label, ())
    if isinstance(card.labels, Mapping):
        return _mapped(card.labels, declared)
    if card.labels == "inferred" or (card.kind == "labels" and not card.labels):
        return _of_data(card, train, declared)
    names = _listed(tuple(card.labels), declared)
    _refuse_other_order(card, train, declared)
    if card.kind == "options" and not names.names:
        names = LabelNames((), {}, only_indices=holds_indices(card, train))
    if not declared and not any(is_plain_value(name) for name in names.names):
        refuse_other_answers(card, train, names.names)
    return names


def _of_data(card: Card, train: Table, declared: tuple[str, ...]) -> LabelNames:
    names = _values_or_indices(declared) if declared else _values(found_labels(card, train))
    if problem := wrong_count(card.kind, card.metric, names.names):
        place = train.place(0)
        raise InputError([f"{place}: task '{card.name}' of kind '{card.kind}' {problem}."])
    return names


def _refuse_other_order(card: Card, train: Table, declared: tuple[str, ...]) -> None:
    """Refuse names of the data set's own at other places, unless the order alone is changed.

    Their index in the card would say one label and the data set's declaration another.
    """
    names = tuple(card.labels)
    if set(names) == set(declared) or any(is_plain_value(name) for name in names):
        return
    place = {name.casefold(): index for index, name in enumerate(declared)}
    moved = [name for i, name in enumerate(names) if place.get(name.casefold(), i) != i]
    if moved:
        raise InputError(
            [
                f"{train.place(0)}: task '{card.name}': 'labels' has {quoted(moved[0])} at another "
                f"index than the data set, which declares [{', '.join(map(quoted, declared))}]. "
                "List its labels in its order, or map each of its names to yours, such as "
                f"`labels: {{{declared[0]}: ..., ...}}`."
            ]
        )


def _mapped(labels: Mapping[str, str], declared: tuple[str, ...]) -> LabelNames:
    """By the column's values, or by the names that the data set declares for its indices."""
    names = tuple(dict.fromkeys(labels.values()))
    place = {name: index for index, name in enumerate(names)}
    exact = {value: place[name] for value, name in labels.items()}
    also = {plain(value): index for value, index in exact.items()}
    by_name = {str(i): exact[name] for i, name in enumerate(declared) if name in exact}
    return LabelNames(names, {**by_name, **also, **exact})


def _listed(names: tuple[str, ...], declared: tuple[str, ...]) -> LabelNames:
    if set(names) == set(declared):  # the same labels, in the order that the card prefers
        by_name = _values(names).index
        moved = {str(index): by_name[name] for index, name in enumerate(declared)}
        return LabelNames(names, {**by_name, **moved})
    if any(is_plain_value(name) for name in names):
        return _values(names)
    return _values_or_indices(names)


def _values_or_indices(names: tuple[str, ...]) -> LabelNames:
    return LabelNames(names, {**_values(names).index, **_indices(names)})


def _values(names: tuple[str, ...]) -> LabelNames:
    exact = {name: index for index, name in enumerate(names)}
    return LabelNames(names, {**{plain(name): index for name, index in exact.items()}, **exact})


def _indices(names: tuple[str, ...]) -> dict[str, int]:
    indices = {str(index): index for index in range(len(names))}
    return indices | {truth: i for i, truth in enumerate(TRUTHS)} if len(names) == 2 else indices
