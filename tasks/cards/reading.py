"""Cards out of YAML files."""

from __future__ import annotations

from pathlib import Path

from tasks.binding import bind
from tasks.cards.card import Card
from tasks.problems import InputError
from tasks.strict_yaml import YamlDocument, load_all_yaml


def read_cards(path: Path) -> list[Card]:
    """The cards of one YAML file, one a document.

    Raises:
        InputError: With every problem of every card.
    """
    return [card for card, _ in read_placed_cards(path)]


def read_placed_cards(path: Path) -> list[tuple[Card, str]]:
    """The cards of one YAML file, each with the `file:line` where it starts.

    Raises:
        InputError: With every problem of every card.
    """
    cards: list[tuple[Card, str]] = []
    problems: list[str] = []
    for document in load_all_yaml(path):
        try:
            cards.append((bind(Card, document), _origin(document)))
        except InputError as error:
            problems.extend(error.problems)
    if problems:
        raise InputError(problems)
    return cards


def _origin(document: YamlDocument) -> str:
    return f"{document.file}:{document.place(())[0]}"
