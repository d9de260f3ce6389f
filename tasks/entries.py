"""What the entries of a campaign file's `pool` stand for: suites, and cards with their folders."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tasks.cards import Card, read_placed_cards
from tasks.names import nearest
from tasks.problems import InputError

MINED_SUITES = ("pydocs",)
"""Made from what is installed."""
CARD_SUITES = ("compassmtl",)
"""Folders of cards beside this file."""
_CARD_FILES = (".yaml", ".yml")
_TASKSOURCE = "tasksource:"


@dataclass(frozen=True, kw_only=True)
class PlacedCard:
    """A card, and where it was found."""

    card: Card
    place: str
    """ "file:line", or the entry itself."""
    folder: Path
    """In which its data lies, unless a data folder is given."""


def read_entry(entry: str, *, base: Path) -> list[PlacedCard]:
    """The cards that an entry stands for; none for a mined suite.

    Raises:
        InputError: If it stands for nothing, or with every problem of its cards.
    """
    if entry in MINED_SUITES:
        return []
    if entry.startswith(_TASKSOURCE):
        return [_of_tasksource(entry, base)]
    cards: list[PlacedCard] = []
    problems: list[str] = []
    try:
        paths = _card_files(entry, base)
    except OSError as error:  # no permission, a name that is too long
        raise InputError([f"pool: '{entry}' cannot be read: {error.strerror}."]) from None
    for path in paths:
        try:
            cards += [
                PlacedCard(card=card, place=place, folder=path.parent)
                for card, place in read_placed_cards(path)
            ]
        except InputError as error:
            problems.extend(error.problems)
    if problems:
        raise InputError(problems)
    return cards


def _of_tasksource(entry: str, base: Path) -> PlacedCard:
    from tasks.tasksource import card_of  # a table of hundreds of data sets: only when asked for

    return PlacedCard(card=card_of(entry.removeprefix(_TASKSOURCE)), place=entry, folder=base)


def _card_files(entry: str, base: Path) -> Sequence[Path]:
    path = Path(__file__).parent / entry if entry in CARD_SUITES else base / entry
    if path.is_dir():
        files = sorted(file for file in path.iterdir() if file.suffix in _CARD_FILES)
        if not files:
            raise InputError([f"pool: folder '{path}' holds no card file (*.yaml)."])
        return files
    if path.suffix in _CARD_FILES:
        return [path]
    raise InputError(
        [
            f"pool: '{entry}' is neither a built-in suite nor '{_TASKSOURCE}NAME' nor a card file "
            f"(*.yaml) nor a folder of card files under {base}. "
            f"{nearest(entry, (*MINED_SUITES, *CARD_SUITES))}"
        ]
    )
