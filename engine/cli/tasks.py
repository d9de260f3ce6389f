"""`sextant tasks ...`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rich.markup import escape
from rich.table import Table

from engine.cli.console import open_console
from tasks import Example, Pool, Task, load_pool

_SHOWN = 3
"""Examples that `show` prints."""


def print_tasks(entries: Sequence[str]) -> None:
    """A table of the pool."""
    pool = load_pool(entries, base=Path.cwd())
    table = Table(box=None, pad_edge=False)
    for heading in ("task", "family", "kind", "answers", "metric"):
        table.add_column(heading)
    for heading in ("train", "validation", "test"):
        table.add_column(heading, justify="right")
    for task in pool.values():
        table.add_row(*(escape(cell) for cell in _row(task)))
    open_console().print(table)


def print_task(name: str, entries: Sequence[str]) -> None:
    """What a task is, and its first training examples."""
    pool = load_pool(entries, base=Path.cwd())
    task = pool[name]
    console = open_console()
    console.print(f"[bold]{escape(task.name)}[/bold]  {escape(task.description)}\n")
    for example in task.train[:_SHOWN]:
        console.print(escape(_posed(task, example)), "\n")


def check_card(card: Path) -> None:
    """Read a card's data to the last row; problems are raised with file and line."""
    pool: Pool = load_pool([str(card.resolve())], base=Path.cwd())
    for task in pool.values():
        sizes = f"{len(task.train)} train, {len(task.validation)} validation, {len(task.test)} test"
        open_console().print(f"[green]ok[/green]  {escape(task.name)}: {sizes} examples")


def _row(task: Task) -> tuple[str, ...]:
    answers = {"labels": str(len(task.labels)), "options": "own", "score": "number"}[task.kind]
    name = f"{task.name} (decoy)" if task.decoy else task.name
    sizes = (str(len(split)) for split in (task.train, task.validation, task.test))
    return (name, task.family, task.kind, answers, task.metric, *sizes)


def _posed(task: Task, example: Example) -> str:
    lines = [f"text    {example.text}"]
    lines += [f"pair    {example.pair}"] if example.pair else []
    lines += [f"option  {option}" for option in example.options]
    return "\n".join([*lines, f"answer  {_answer(task, example)}"])


def _answer(task: Task, example: Example) -> str:
    if task.kind == "score":
        return f"{example.label:g}"
    answers = task.labels if task.kind == "labels" else example.options
    return answers[int(example.label)]
