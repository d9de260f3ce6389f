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


def read_placed_cards(path: Path, *, pass_over_campaigns: bool = False) -> list[tuple[Card, str]]:
    """The cards of one YAML file, each with the `file:line` where it starts.

    Args:
        path: Of the file.
        pass_over_campaigns: Whether documents that are plainly campaigns are let be, as in a folder
            of which nobody said that all its files are cards.

    Raises:
        InputError: With every problem of every card.
    """
    cards: list[tuple[Card, str]] = []
    problems: list[str] = []
    for document in load_all_yaml(path):
        if _is_campaign(document):
            problems += [] if pass_over_campaigns else [_no_card(document)]
            continue
        try:
            cards.append((bind(Card, document), _origin(document)))
        except InputError as error:
            problems.extend(error.problems)
    if problems:
        raise InputError(problems)
    return cards


def _is_campaign(document: YamlDocument) -> bool:
    """Whether it says so itself: a card of which one key is wrong is still a card."""
    keys = document.data.keys()
    return "target" in keys and "template" not in keys and bool(keys & {"pool", "budget_tokens"})


def _no_card(document: YamlDocument) -> str:
    return (
        f"{_origin(document)}: this is a campaign file (it has 'target' and no 'template'), not a "
        f"card. Use `--campaign {document.file}`, or name a card file."
    )


def _origin(document: YamlDocument) -> str:
    return f"{document.file}:{document.place(())[0]}"
