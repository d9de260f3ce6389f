"""What the entries of a campaign file's `pool` stand for: suites, and cards with their folders."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from tasks.cards import Card, read_placed_cards
from tasks.names import nearest
from tasks.problems import InputError
from tasks.strict_yaml import YAML_SUFFIXES, yaml_files

MINED_SUITES = ("pydocs",)
"""Made from what is installed."""
CARD_SUITES = ("compassmtl",)
"""Folders of cards beside this file."""
_DATA = re.compile(r"\.(parquet|jsonl|json|csv|tsv)(\.gz)?$", re.IGNORECASE)
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

    A folder may hold campaign files beside its cards: what has a 'target' and no 'template' is
    passed over there.

    Raises:
        InputError: If it stands for nothing, or with every problem of its cards.
    """
    if entry in MINED_SUITES:
        return []
    if entry.startswith(_TASKSOURCE):
        return [_of_tasksource(entry, base)]
    cards: list[PlacedCard] = []
    problems: list[str] = []
    path = Path(__file__).parent / entry if entry in CARD_SUITES else base / entry
    try:
        is_folder = path.is_dir()
        files = yaml_files(path) if is_folder else [_card_file(entry, base)]
    except OSError as error:  # no permission, a name that is too long
        raise InputError([f"pool: '{entry}' cannot be read: {error.strerror}."]) from None
    for file in files:
        try:
            cards += _cards_of(file, pass_over_campaigns=is_folder)
        except InputError as error:
            problems.extend(error.problems)
    if not cards and not problems:
        problems = [f"pool: folder '{path}' holds no card file (*.yaml)."]
    if problems:
        raise InputError(problems)
    return cards


def _cards_of(file: Path, *, pass_over_campaigns: bool) -> list[PlacedCard]:
    placed = read_placed_cards(file, pass_over_campaigns=pass_over_campaigns)
    return [PlacedCard(card=card, place=place, folder=file.parent) for card, place in placed]


def _of_tasksource(entry: str, base: Path) -> PlacedCard:
    from tasks.tasksource import card_of  # a table of hundreds of data sets: only when asked for

    return PlacedCard(card=card_of(entry.removeprefix(_TASKSOURCE)), place=entry, folder=base)


def _card_file(entry: str, base: Path) -> Path:
    path = base / entry
    if path.suffix in YAML_SUFFIXES:
        return path
    if path.is_file() and _DATA.search(path.name):
        raise InputError(
            [
                f"pool: '{entry}' is data; the pool names cards, which say how data is read. Write "
                'one for it: README.md, "Your own csv in five minutes"; its keys: `sextant tasks '
                "schema`."
            ]
        )
    raise InputError(
        [
            f"pool: '{entry}' is neither a built-in suite nor '{_TASKSOURCE}NAME' nor a card file "
            f"(*.yaml) nor a folder of card files under {base}. "
            f"{nearest(entry, _known(entry, base))}"
        ]
    )


def _known(entry: str, base: Path) -> list[str]:
    """The suites, and the card files and folders that stand where the entry would."""
    folder = (base / entry).parent
    beside = sorted(folder.iterdir()) if folder.is_dir() else []
    cards = [it for it in beside if it.suffix in YAML_SUFFIXES or it.is_dir()]
    return [*MINED_SUITES, *CARD_SUITES, *(str(Path(entry).parent / it.name) for it in cards)]
