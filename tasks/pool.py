"""The tasks of a campaign, by name."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from tasks.cards import Card
from tasks.entries import MINED_SUITES, PlacedCard, read_entry
from tasks.names import nearest
from tasks.problems import InputError
from tasks.row_problems import RowsError
from tasks.task import Task

OnTask = Callable[[str, int, int], None]
"""Told what is read: name of the task or suite, its number from 1, of how many."""


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


def load_pool(
    entries: Sequence[str],
    *,
    base: Path,
    data: Path | None = None,
    without: Collection[str] = (),
    on_task: OnTask | None = None,
) -> Pool:
    """Read every task that a campaign file's `pool` names.

    Args:
        entries: Built-in suites by name ("pydocs", "compassmtl"), "tasksource:NAME", card files,
            folders of card files (*.yaml).
        base: The folder that entries are relative to, where the campaign file stands.
        data: The folder that the cards' files are relative to; none: each card file's own.
        without: Names of tasks to leave out; their data is not read.
        on_task: Called before each task is read.

    Raises:
        InputError: With every problem of every card; or, where there is none, of their data.
        UnknownTaskError: If a task to leave out is not there.
    """
    read = _read_cards(entries, base)
    _refuse_duplicates([(placed.card, placed.place) for _, cards in read for placed in cards])
    named = {placed.card.name for _, cards in read for placed in cards}
    kept = {
        entry: [placed for placed in cards if placed.card.name not in without]
        for entry, cards in read
    }
    num_read = sum(1 if entry in MINED_SUITES else len(cards) for entry, cards in kept.items())
    reader = _Reader(num_read, data, on_task)
    tasks = [task for entry, cards in kept.items() for task in reader.tasks(entry, cards)]
    reader.refuse()
    _refuse_unknown(without, named | {task.name for task in tasks})
    return Pool(task for task in tasks if task.name not in without)


class _Reader:
    """Reads tasks one by one, and keeps what is wrong with any for the end."""

    def __init__(self, of: int, data: Path | None, on_task: OnTask | None) -> None:
        self._of, self._data, self._on_task = of, data, on_task
        self._number = 0
        self._errors: list[InputError] = []

    def tasks(self, entry: str, cards: Sequence[PlacedCard]) -> list[Task]:
        if entry in MINED_SUITES:
            self._tell(entry)
            return _mined_suite()
        return [task for placed in cards for task in self._read(placed)]

    def refuse(self) -> None:
        """Raise what was wrong, as one error.

        Raises:
            InputError: Of the kind that says most about what to do.
        """
        if self._errors:
            of_rows = any(isinstance(error, RowsError) for error in self._errors)
            problems = [line for error in self._errors for line in error.problems]
            raise (RowsError if of_rows else InputError)(problems)

    def _read(self, placed: PlacedCard) -> list[Task]:
        from tasks.loading import load_task  # brings in Arrow: only when cards name data

        self._tell(placed.card.name)
        try:
            return [load_task(placed.card, base=self._data or placed.folder)]
        except InputError as error:
            problems = [_with_place(line, placed.place) for line in error.problems]
            self._errors.append(type(error)(problems))
            return []

    def _tell(self, name: str) -> None:
        self._number += 1
        if self._on_task is not None:
            self._on_task(name, self._number, self._of)


def _with_place(problem: str, place: str) -> str:
    """What names no file of its own gets the card's."""
    return f"{place}: {problem}" if problem.startswith(("source", "Task '")) else problem


def _mined_suite() -> list[Task]:
    from tasks.pydocs import load_suite  # mines installed packages: only when asked for

    tasks: list[Task] = load_suite()
    return tasks


def _read_cards(entries: Sequence[str], base: Path) -> list[tuple[str, list[PlacedCard]]]:
    read: list[tuple[str, list[PlacedCard]]] = []
    problems: list[str] = []
    for entry in entries:
        try:
            read.append((entry, read_entry(entry, base=base)))
        except InputError as error:
            problems.extend(error.problems)
    if problems:
        raise InputError(problems)
    return read


def _refuse_unknown(names: Iterable[str], known: Collection[str]) -> None:
    for name in names:
        if name not in known:
            raise UnknownTaskError(
                f"No task '{name}' in the pool. {nearest(name, sorted(known))}".rstrip()
            )


def _refuse_duplicates(placed: Iterable[tuple[Card | Task, str]]) -> None:
    seen: dict[str, tuple[str, str]] = {}
    for task, place in placed:
        key = task.name.casefold()
        if key in seen:
            other, other_place = seen[key]
            if place and place == other_place:
                file = re.sub(r":[0-9]+$", "", place)
                raise InputError(
                    [f"pool: {file} is named twice; a folder names all its cards. Name it once."]
                )
            where = f" ({other_place}, {place})" if place else ""
            what = (
                f"Task '{task.name}' is defined twice"
                if other == task.name
                else f"Tasks '{other}' and '{task.name}' differ by letter case only"
            )
            raise InputError([f"{what}{where}. Rename one, or name its card file once."])
        seen[key] = (task.name, place)
