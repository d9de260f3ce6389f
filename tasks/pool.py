"""The tasks of a campaign, by name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from tasks.card import Card, read_placed_cards
from tasks.names import nearest
from tasks.problems import InputError
from tasks.task import Task

_SUITES = ("pydocs",)
_CARDS = (".yaml", ".yml")


class UnknownTaskError(ValueError, KeyError):
    """A name that no task of the pool has."""

    def __str__(self) -> str:
        return str(self.args[0])  # KeyError would show the message in quotes


class Pool(Mapping[str, Task]):
    """Tasks by name, in a fixed order; never changed once made.

    Raises:
        ValueError: If two tasks share a name, letter case aside: names become file names.
    """

    def __init__(self, tasks: Iterable[Task]) -> None:
        listed = list(tasks)
        _refuse_duplicates((task, "") for task in listed)
        self._tasks = {task.name: task for task in listed}

    def __getitem__(self, name: str) -> Task:
        try:
            return self._tasks[name]
        except KeyError:
            raise UnknownTaskError(
                f"No task '{name}' in the pool. {nearest(name, self._tasks)}".rstrip()
            ) from None

    def __iter__(self) -> Iterator[str]:
        return iter(self._tasks)

    def __len__(self) -> int:
        return len(self._tasks)

    def __repr__(self) -> str:
        return f"Pool({list(self._tasks)})"


def load_pool(entries: Sequence[str], *, base: Path) -> Pool:
    """Read every task that a campaign file's `pool` names.

    Args:
        entries: Built-in suites by name ("pydocs"), card files, folders of card files (*.yaml).
        base: The folder that paths are relative to, where the campaign file stands.

    Raises:
        ValueError: Naming the entry, file, row or task that is wrong. All cards are read and
            checked before any data is.
    """
    files = {entry: _files(entry, base) for entry in entries if entry not in _SUITES}
    cards = _read_all(path for paths in files.values() for path in paths)
    _refuse_duplicates([pair for placed in cards.values() for pair in placed])
    tasks: list[Task] = []
    for entry in entries:
        tasks += _suite() if entry in _SUITES else _carded(files[entry], cards)
    return Pool(tasks)


def _suite() -> list[Task]:
    from tasks.pydocs import load_suite  # mines installed packages: only when asked for

    tasks: list[Task] = load_suite()
    return tasks


def _carded(paths: Iterable[Path], cards: Mapping[Path, Sequence[tuple[Card, str]]]) -> list[Task]:
    from tasks.loading import load_task  # brings in `datasets`: only when cards name data

    return [load_task(card, base=path.parent) for path in paths for card, _ in cards[path]]


def _read_all(paths: Iterable[Path]) -> dict[Path, list[tuple[Card, str]]]:
    cards: dict[Path, list[tuple[Card, str]]] = {}
    problems: list[str] = []
    for path in paths:
        try:
            cards[path] = read_placed_cards(path)
        except InputError as error:
            problems.extend(error.problems)
    if problems:
        raise InputError(problems)
    return cards


def _files(entry: str, base: Path) -> list[Path]:
    """The card files that an entry means."""
    path = base / entry
    if path.is_dir():
        files = sorted(path.glob("*.yaml"))
        if not files:
            raise InputError([f"pool: folder '{path}' holds no card file (*.yaml)."])
        return files
    if path.suffix in _CARDS:
        return [path]
    raise InputError(
        [
            f"pool: '{entry}' is neither a built-in suite nor a card file (*.yaml) nor a folder of "
            f"card files under {base}. {nearest(entry, _SUITES)}"
        ]
    )


def _refuse_duplicates(placed: Iterable[tuple[Card | Task, str]]) -> None:
    seen: dict[str, tuple[str, str]] = {}
    for task, place in placed:
        key = task.name.casefold()
        if key in seen:
            other, other_place = seen[key]
            where = f" ({other_place}, {place})" if place else ""
            what = (
                f"Task '{task.name}' is defined twice"
                if other == task.name
                else f"Tasks '{other}' and '{task.name}' differ by letter case only"
            )
            raise InputError([f"{what}{where}. Rename one, or name its card file once."])
        seen[key] = (task.name, place)
